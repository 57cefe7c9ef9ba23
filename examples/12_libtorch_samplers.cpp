// Samplers on LibTorch's tensors: hard negatives for an embedding model while it learns, and what it then recommends.
#include <cassert>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <torch/torch.h>

#include <prefopt/libtorch.hpp>
#include <prefopt/recipes.hpp>
#include <prefopt/samplers.hpp>

int main() {
  torch::manual_seed(1);
  constexpr std::int64_t num_users = 64, num_items = 500, dimensions = 16, each_likes = 4;
  torch::nn::Embedding users(num_users, dimensions), items(num_items, dimensions);
  std::vector<torch::Tensor> parameters{users->weight, items->weight};
  torch::optim::Adam optimiser(parameters, 0.02);

  // What everybody likes, in compressed rows; made once, for all batches.
  const torch::Tensor offsets = torch::arange(0, each_likes * num_users + 1, each_likes);
  const torch::Tensor likes = torch::arange(each_likes * num_users);
  const prefopt::libtorch::history liked(offsets, likes);

  for (std::uint64_t step = 0; step < 200; ++step) {
    const torch::Tensor batch = torch::randint(num_users, {32}, torch::kLong);
    const torch::Tensor positives =
        likes.index_select(0, each_likes * batch + torch::randint(each_likes, {32}, torch::kLong));
    const torch::Tensor queries = users(batch);

    // 8 of the 50 items that the model ranks highest now, by its own softmax, but none that the user likes.
    const auto [negatives, counts] = prefopt::libtorch::draw(
        prefopt::samplers::topk_softmax{.pool = 50}, prefopt::libtorch::exact_scores{queries, items->weight},
        positives, liked.of(batch), {.count = 8, .key = {.seed = 1, .step = step}});
    assert(counts.eq(8).all().item<bool>());  // fewer where a user runs out of items, with −1 in their places

    const torch::Tensor candidates = items(torch::cat({positives.unsqueeze(1), negatives.clamp_min(0)}, 1));
    const torch::Tensor scores = torch::bmm(candidates, queries.unsqueeze(2)).squeeze(2);
    optimiser.zero_grad();
    prefopt::libtorch::loss(prefopt::softmax(), {.scores = scores, .counts = counts}).backward();
    optimiser.step();
  }

  // The ten best items of everybody, and those that are new to them.
  const auto [scores, best] = prefopt::libtorch::top_k(users->weight, items->weight, 10);
  const torch::Tensor known = likes.view({num_users, 1, each_likes});
  const auto share = [&](const torch::Tensor& shown) {
    return (shown.unsqueeze(2) == known).any(1).to(torch::kDouble).mean().item<double>();
  };
  std::printf("liked items among the ten best: %.2f\n", share(best));
  assert(share(best) > 0.9);
  assert(share(prefopt::libtorch::top_k(users->weight, items->weight, 10, liked).items) == 0);
}
