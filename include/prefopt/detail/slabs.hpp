#pragma once

#include <vector>

#include <prefopt/batch.hpp>

/// \file
/// A batch that is evaluated slab by slab, a few examples after the other: its parts, and their results put together.

namespace prefopt::detail {

/// Rows [first, first + count) of a tensor of the batch; a [B] one may lie as a row.
template <class Scalar>
tensor_ref<Scalar> slice(const tensor_ref<Scalar>& tensor, index examples, index first, index count) {
  if (!tensor) return {};
  if (tensor->rows != examples)
    return matrix_view<Scalar>{&(*tensor)(0, first), count, 1, tensor->column_stride, tensor->row_stride};
  return tensor->block(first, count);
}
/// The same rows of all that a batch has besides policy and reference, which every slab makes for itself.
template <class Scalar>
batch<computed_t<Scalar>> slice_others(const batch<Scalar>& whole, index examples, index first, index count) {
  const auto part = [=](const auto& tensor) { return slice(tensor, examples, first, count); };
  return {.order = part(whole.order),
          .counts = part(whole.counts),
          .relevance = part(whole.relevance),
          .lengths = part(whole.lengths),
          .log_q = part(whole.log_q),
          .kl = part(whole.kl),
          .beta = part(whole.beta),
          .hardness = part(whole.hardness),
          .log_collision = part(whole.log_collision),
          .false_negatives = part(whole.false_negatives),
          .weights = part(whole.weights)};
}

/// The result of the whole batch.
/// \param loss_scale what the sum of the losses is multiplied by
inline result add_up(const std::vector<result>& slabs, double loss_scale) {
  result total;
  double result::*const means[] = {&result::chosen_reward, &result::rejected_reward, &result::accuracy,
                                   &result::margin,        &result::hardest_margin,  &result::mean_beta};
  for (const result& slab : slabs) {
    total.loss += slab.loss * loss_scale;
    for (const auto mean : means) total.*mean += slab.*mean * static_cast<double>(slab.examples);
    total.examples += slab.examples;
    total.skipped += slab.skipped;
  }
  for (const auto mean : means) total.*mean /= static_cast<double>(total.examples > 0 ? total.examples : 1);
  return total;
}

}  // namespace prefopt::detail
