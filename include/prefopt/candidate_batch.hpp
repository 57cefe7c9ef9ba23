#pragma once

#include <cstdint>

#include <prefopt/batch.hpp>
#include <prefopt/detail/candidates/memory.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// What goes into `evaluate_candidates` and what comes out of it.

namespace prefopt {

/// B examples with N = 1 + K candidates each, given as vectors of d components: a candidate's score is its
/// product with the query. Nothing is copied: the tensors must outlive the call.
template <class Scalar>
struct candidate_batch {
  tensor_ref<const Scalar> queries{};    ///< [B, d]
  tensor_ref<const Scalar> catalogue{};  ///< [V, d]
  /// [B, N] rows of the catalogue, the preferred item's first. A negative one masks a rejected item.
  tensor_ref<const std::int32_t> candidates{};
  /// [B, d'] and [V, d']: the reference scores the same candidates with vectors of its own.
  tensor_ref<const Scalar> reference_queries{}, reference_catalogue{};
  /// Whatever else the objective reads; `policy` stays out, and so does `reference` if it has vectors.
  prefopt::batch<Scalar> inputs{};
};

/// Where the gradients go; an absent one is not computed. They may not share memory with the batch.
template <class Scalar>
struct candidate_gradient {
  tensor_ref<Scalar> queries{};  ///< [B, d] receives d loss / d queries
  /// [B · N, d] receives d loss / d catalogue row of each candidate, example after example; zeros where it is
  /// masked. With `items`, [min(B · N, V), d]: the first rows receive the sums over all candidates that are the
  /// same item.
  tensor_ref<Scalar> rows{};
  /// [min(B · N, V)] receives the different items, ascending, row by row; how many, the result says.
  tensor_ref<std::int32_t> items{};
};

/// Memory that `evaluate_candidates` reuses from call to call, as `workspace` is.
template <class Scalar>
class candidate_workspace : public detail::candidate_memory<Scalar> {};

/// As `options`; `accumulate` does not go with `items`.
template <class Scalar, class State = no_state>
struct candidate_options {
  prefopt::reduction reduction = prefopt::reduction::mean;
  bool accumulate = false;      ///< add to the gradients instead of overwriting them
  tensor_ref<Scalar> losses{};  ///< [B] receives w_b ℓ_b, whatever the reduction
  prefopt::non_finite non_finite = prefopt::non_finite::raise;
  prefopt::executor executor{};  ///< who runs the pieces; the result does not depend on it
  State* state = nullptr;        ///< running statistics, for objectives that keep some
  batch_share share{};           ///< a part of a larger batch
  candidate_workspace<Scalar>* workspace = nullptr;  ///< absent: one of the calling thread's own
};

struct candidate_result : result {
  index items = 0;  ///< different items among the candidates, if the gradient asked for them
};

}  // namespace prefopt
