#pragma once

#include <ATen/ATen.h>

#include <prefopt/batch.hpp>

namespace prefopt::libtorch {

/// What goes into a loss: `prefopt::batch` made of LibTorch's tensors, alike in names, shapes and meaning. What an
/// objective does not need stays undefined.
///
/// The type of the policy says in what is computed: double in double, float, half and bfloat16 in float. Other tensors of
/// numbers are of that type, half or bfloat16; `order`, `counts` and `false_negatives` of 32 or 64 bits. Gradients flow
/// into the policy (or scores) and the reference, all else is constant.
struct batch {
  at::Tensor policy{};           ///< [B, N], or scores
  at::Tensor scores{};           ///< [B, N]
  at::Tensor reference{};        ///< [B, N]
  at::Tensor order{};            ///< [B, N]
  at::Tensor counts{};           ///< [B]
  at::Tensor relevance{};        ///< [B, N]
  at::Tensor lengths{};          ///< [B, N]
  at::Tensor log_q{};            ///< [B, N]
  at::Tensor kl{};               ///< [B]
  at::Tensor beta{};             ///< [B]
  at::Tensor hardness{};         ///< [B]
  at::Tensor log_collision{};    ///< [B]
  at::Tensor false_negatives{};  ///< [B, N]
  at::Tensor weights{};          ///< [B]
};

namespace detail {

/// Calls `visit(name, tensor of numbers)` for every member with what it corresponds to in `others`.
template <class Batch, class Others, class Visit>
void each_tensor_of_numbers(Batch& tensors, Others& others, const Visit& visit) {
  visit("policy", tensors.policy, others.policy);
  visit("scores", tensors.scores, others.scores);
  visit("reference", tensors.reference, others.reference);
  visit("relevance", tensors.relevance, others.relevance);
  visit("lengths", tensors.lengths, others.lengths);
  visit("log_q", tensors.log_q, others.log_q);
  visit("kl", tensors.kl, others.kl);
  visit("beta", tensors.beta, others.beta);
  visit("hardness", tensors.hardness, others.hardness);
  visit("log_collision", tensors.log_collision, others.log_collision);
  visit("weights", tensors.weights, others.weights);
}
/// The same for those of integers.
template <class Batch, class Others, class Visit>
void each_tensor_of_integers(Batch& tensors, Others& others, const Visit& visit) {
  visit("order", tensors.order, others.order);
  visit("counts", tensors.counts, others.counts);
  visit("false_negatives", tensors.false_negatives, others.false_negatives);
}

/// Whichever of the two the batch has: what the gradient is taken by.
inline const at::Tensor& policy_of(const batch& tensors) {
  return tensors.policy.defined() ? tensors.policy : tensors.scores;
}

}  // namespace detail
}  // namespace prefopt::libtorch
