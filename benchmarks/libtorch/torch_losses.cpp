#include "torch_losses.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <prefopt/libtorch.hpp>
#include <prefopt/recipes/listwise.hpp>
#include <prefopt/recipes/several.hpp>

#include "openblas.hpp"

namespace bench {
namespace {

/// What one would write by hand: softmax cross-entropy of the implicit rewards, one tensor saved.
class s_dpo_function : public torch::autograd::Function<s_dpo_function> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* saved, const at::Tensor& policy,
                            const at::Tensor& reference) {
    const at::Tensor log_shares = at::log_softmax(policy - reference, 1);
    saved->save_for_backward({log_shares});
    return -log_shares.select(1, 0).mean();
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* saved,
                                                 torch::autograd::variable_list slopes) {
    at::Tensor gradient = saved->get_saved_variables()[0].exp();
    gradient.select(1, 0).sub_(1);
    gradient.mul_(slopes[0] / gradient.size(0));
    return {gradient, at::Tensor()};
  }
};

}  // namespace

struct torch_losses::tensors {
  at::Tensor policy, reference, targets;

  float differentiate(const at::Tensor& loss) const {
    loss.backward();
    return loss.item<float>();
  }
};

torch_losses::torch_losses(std::size_t rows, std::size_t columns) {
  const auto b = static_cast<std::int64_t>(rows), n = static_cast<std::int64_t>(columns);
  at::manual_seed(1);
  tensors_.reset(new tensors{.policy = (-6 * at::rand({b, n})).requires_grad_(),
                             .reference = -6 * at::rand({b, n}),
                             .targets = at::zeros({b}, at::kLong)});
}
torch_losses::~torch_losses() = default;

float torch_losses::s_dpo() {
  const auto& [policy, reference, targets] = *tensors_;
  policy.mutable_grad().reset();
  return tensors_->differentiate(prefopt::libtorch::loss(prefopt::s_dpo({.beta = 1}), policy, reference));
}
float torch_losses::composed_s_dpo() {
  const auto& [policy, reference, targets] = *tensors_;
  policy.mutable_grad().reset();
  const at::Tensor rewards = policy - reference;
  return tensors_->differentiate((at::logsumexp(rewards, 1) - rewards.select(1, 0)).mean());
}
float torch_losses::cross_entropy_s_dpo() {
  const auto& [policy, reference, targets] = *tensors_;
  policy.mutable_grad().reset();
  return tensors_->differentiate(at::cross_entropy_loss(policy - reference, targets));
}
float torch_losses::function_s_dpo() {
  const auto& [policy, reference, targets] = *tensors_;
  policy.mutable_grad().reset();
  return tensors_->differentiate(s_dpo_function::apply(policy, reference));
}
float torch_losses::plackett_luce() {
  const auto& [policy, reference, targets] = *tensors_;
  policy.mutable_grad().reset();
  return tensors_->differentiate(
      prefopt::libtorch::loss(prefopt::plackett_luce({.beta = 1}), policy, reference));
}
float torch_losses::composed_plackett_luce() {
  const auto& [policy, reference, targets] = *tensors_;
  policy.mutable_grad().reset();
  const at::Tensor rewards = policy - reference;
  const at::Tensor behind = at::logcumsumexp(rewards.flip(1), 1).flip(1);
  return tensors_->differentiate((behind - rewards).sum(1).mean());
}

const float* torch_losses::gradient() const { return tensors_->policy.grad().data_ptr<float>(); }
std::size_t torch_losses::size() const { return static_cast<std::size_t>(tensors_->policy.numel()); }

void smallest_backward() {
  static const at::Tensor scalar = at::zeros({}).requires_grad_();
  scalar.mutable_grad().reset();
  (scalar * 2).backward();
}

void use_one_thread() {
  at::set_num_threads(1);
  use_one_blas_thread();
}

}  // namespace bench
