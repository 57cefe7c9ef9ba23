// LibTorch: a loss under autograd, an optimiser of LibTorch's, and texts in place of items.
#include <cassert>
#include <cmath>
#include <cstdio>

#include <torch/torch.h>

#include <prefopt/libtorch.hpp>
#include <prefopt/recipes.hpp>

int main() {
  torch::manual_seed(1);
  const auto objective = prefopt::s_dpo({.beta = 1.0});

  // 8 users, 1 liked item and 5 others each, scored by a linear model; the reference is where it starts from.
  const torch::Tensor users = torch::randn({8, 16}), items = torch::randn({8, 6, 16});
  torch::nn::Linear model(16, 16);
  const auto log_probabilities = [&] {
    return torch::log_softmax(torch::bmm(items, model(users).unsqueeze(2)).squeeze(2), 1);
  };
  const torch::Tensor reference = log_probabilities().detach();
  torch::optim::Adam optimiser(model->parameters(), 0.01);

  double before = 0, after = 0;
  for (int step = 0; step < 100; ++step) {
    optimiser.zero_grad();
    const torch::Tensor loss = prefopt::libtorch::loss(objective, log_probabilities(), reference);
    loss.backward();
    optimiser.step();
    (step == 0 ? before : after) = loss.item<double>();
  }
  std::printf("loss %.4f -> %.4f\n", before, after);
  assert(std::abs(before - std::log(6.0)) < 1e-5);  // the liked item is one of six, all alike
  assert(after < before);

  // Statistics, detached; other inputs; the losses one by one.
  const torch::Tensor weights = torch::ones({8});
  const auto [losses, statistics] = prefopt::libtorch::loss_and_statistics(
      objective, {.policy = log_probabilities(), .reference = reference, .weights = weights},
      {.reduction = prefopt::reduction::none});
  std::printf("accuracy %.2f\n", statistics.accuracy);
  assert(losses.size(0) == 8 && statistics.accuracy == 1.0);

  // A language model as the policy: two texts of three tokens for each of two users.
  const torch::Tensor logits = torch::randn({4, 3, 50}).requires_grad_();
  const torch::Tensor tokens = torch::randint(50, {4, 3}, torch::kLong);
  const torch::Tensor texts = prefopt::libtorch::sequence_log_prob(logits, tokens).view({2, 2});
  prefopt::libtorch::loss(prefopt::dpo({.beta = 0.1}), texts).backward();
  assert(logits.grad().abs().sum().item<float>() > 0);
}
