#pragma once

#include <torch/torch.h>

#include "torch_doctest.hpp"

namespace test {

/// Log-probabilities, the same in every run.
inline at::Tensor log_probabilities(std::int64_t rows, std::int64_t columns, std::uint64_t seed,
                                    at::ScalarType type = at::kDouble) {
  at::manual_seed(seed);
  return at::log_softmax(2 * at::randn({rows, columns}, at::kDouble), 1).to(type);
}

inline double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return a.numel() == 0 ? 0 : (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

/// S-DPO as one writes it in LibTorch.
inline at::Tensor composed_s_dpo(const at::Tensor& policy, const at::Tensor& reference, double beta) {
  const at::Tensor rewards = beta * (policy - reference);
  return (at::logsumexp(rewards, 1) - rewards.select(1, 0)).mean();
}

}  // namespace test
