#pragma once

#include <cstdint>
#include <string_view>

#include <prefopt/candidate_batch.hpp>
#include <prefopt/detail/check_batch.hpp>
#include <prefopt/detail/plan.hpp>

/// \file
/// What `evaluate_candidates` refuses.

namespace prefopt::detail {

inline constexpr std::string_view in_candidates = "evaluate_candidates";

/// [n, d] tensors that belong together: the second has as many columns as the first.
template <class Scalar>
void check_columns(const tensor_ref<const Scalar>& first, std::string_view first_name,
                   const tensor_ref<const Scalar>& second, std::string_view second_name) {
  require(second->columns == first->columns, in_candidates, second_name, " is ",
          shape_text(second->rows, second->columns), ", expected [V, ", first->columns, "] (the columns of ",
          first_name, ")");
}

template <class Scalar>
void check_representations(const candidate_batch<Scalar>& batch) {
  constexpr std::string_view here = in_candidates;
  require(bool(batch.queries), here, "queries is absent, expected [B, d] vectors");
  require(bool(batch.catalogue), here, "catalogue is absent, expected [V, d] vectors");
  require(bool(batch.candidates), here, "candidates is absent, expected [B, 1 + K] items");
  require(!batch.inputs.policy, here,
          "inputs.policy is given, but the scores come from queries and catalogue");
  require(!batch.inputs.scores, here,
          "inputs.scores is given, but the scores come from queries and catalogue");
  check_columns(batch.queries, "queries", batch.catalogue, "catalogue");
  const index examples = batch.queries->rows;
  require(batch.candidates->rows == examples, here, "candidates is ",
          shape_text(batch.candidates->rows, batch.candidates->columns), ", expected [", examples,
          ", 1 + K] (the rows of queries)");
  require(bool(batch.reference_queries) == bool(batch.reference_catalogue), here,
          "reference_queries and reference_catalogue come together, but one is absent");
  if (!batch.reference_queries) return;
  require(!batch.inputs.reference, here,
          "inputs.reference is given, but the reference's scores come from its own vectors");
  check_columns(batch.reference_queries, "reference_queries", batch.reference_catalogue,
                "reference_catalogue");
  require(batch.reference_queries->rows == examples, here, "reference_queries has ",
          batch.reference_queries->rows, " rows, expected ", examples, " (the rows of queries)");
  require(batch.reference_catalogue->rows == batch.catalogue->rows, here, "reference_catalogue has ",
          batch.reference_catalogue->rows, " rows, expected ", batch.catalogue->rows,
          " (the rows of catalogue)");
}

inline void check_candidates_exist(const matrix_view<const std::int32_t>& candidates, index items) {
  for (index b = 0; b < candidates.rows; ++b)
    for (index k = 0; k < candidates.columns; ++k) {
      const std::int32_t item = candidates(b, k);
      require(item < items, in_candidates, "candidates[", b, ", ", k, "] is ", item,
              ", expected an item in [0, ", items, ")");
      require(item >= 0 || k > 0, in_candidates, "candidates[", b, ", 0] is ", item,
              ", expected an item: the preferred one cannot be masked");
    }
}

template <class Scalar, class State>
void check_candidate_gradient(const candidate_batch<Scalar>& batch,
                              const candidate_gradient<Scalar>& gradient,
                              const candidate_options<Scalar, State>& options) {
  constexpr std::string_view here = in_candidates;
  const index width = batch.queries->columns, items = batch.catalogue->rows;
  index places = batch.candidates->size();
  if (gradient.items && items < places) places = items;  // more different items there cannot be
  const auto check = [&](const tensor_ref<Scalar>& tensor, index rows, std::string_view name) {
    if (!tensor) return;
    require(tensor->rows == rows && tensor->columns == width, here, "the gradient's ", name, " is ",
            shape_text(tensor->rows, tensor->columns), ", expected ", shape_text(rows, width));
  };
  check(gradient.queries, batch.queries->rows, "queries");
  check(gradient.rows, places, "rows");
  if (!gradient.items) return;
  require(bool(gradient.rows), here, "the gradient's rows is absent, but items is given");
  require(!options.accumulate, here, "accumulate is set, but rows of different items cannot be added to");
  static_cast<void>(as_column(*gradient.items, places, here, "the gradient's items"));
}

}  // namespace prefopt::detail
