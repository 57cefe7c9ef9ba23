#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include <ATen/ATen.h>

#include <prefopt/libtorch/view.hpp>
#include <prefopt/numeric/bfloat16.hpp>
#include <prefopt/samplers/exact_scores.hpp>
#include <prefopt/samplers/score_rows.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// Where scored samplers get their candidates from, as tensors.

namespace prefopt::libtorch {

/// Every item's score is the inner product of the query and the item, in float: `samplers::exact_scores`. B × V scores are
/// never in memory at once.
///
/// Tensors of float, double, half or bfloat16, on one device. On the CPU float, and a catalogue of bfloat16, are read where
/// they are; others are converted to float in every call.
struct exact_scores {
  at::Tensor queries;    ///< [B, d]
  at::Tensor catalogue;  ///< [V, d]
};

/// Scores that the caller has: `samplers::score_rows`. An item whose score is −inf or NaN is not drawn.
struct score_rows {
  at::Tensor scores;  ///< [B, V] float, double, half or bfloat16; what is not float is converted
};

/// Candidates made of tensors.
template <class Candidates>
concept tensor_candidates = std::same_as<Candidates, exact_scores> || std::same_as<Candidates, score_rows>;

namespace detail {

inline void require_scores(const at::Tensor& tensor, std::string_view name, std::string_view shape) {
  require(tensor.defined(), here, name, " is undefined, expected a tensor");
  require(tensor.layout() == at::kStrided, here, name, " is sparse, expected a dense tensor");
  if (!at::isFloatingType(tensor.scalar_type()))
    fail(here, name, " is of type ", c10::toString(tensor.scalar_type()),
         ", expected Float, Double, Half or BFloat16");
  if (tensor.dim() != 2) fail(here, name, " is ", sizes_text(tensor), ", expected ", shape);
}

/// \param extents "rows" or "columns", whichever are the items
inline void require_items(const at::Tensor& tensor, std::string_view name, index items,
                          std::string_view extents) {
  if (items < 1 || items > INT32_MAX)
    fail(here, name, " is ", sizes_text(tensor), ", expected 1 to 2^31 - 1 ", extents);
}

inline void check(const exact_scores& candidates) {
  const auto& [queries, catalogue] = candidates;
  require_scores(queries, "queries", "[B, d]");
  require_scores(catalogue, "catalogue", "[V, d]");
  if (catalogue.device() != queries.device())
    fail(here, "catalogue is on ", catalogue.device().str(), ", expected ", queries.device().str(),
         " (the device of queries)");
  require_items(catalogue, "catalogue", catalogue.size(0), "rows");
  if (catalogue.size(1) < 1)
    fail(here, "catalogue is ", sizes_text(catalogue), ", expected at least one column");
  if (catalogue.size(1) != queries.size(1))
    fail(here, "queries is ", sizes_text(queries), ", expected [B, ", catalogue.size(1),
         "] (the catalogue's columns)");
}
inline void check(const score_rows& candidates) {
  require_scores(candidates.scores, "scores", "[B, V]");
  require_items(candidates.scores, "scores", candidates.scores.size(1), "columns");
}

inline at::Device device_of(const exact_scores& candidates) { return candidates.queries.device(); }
inline at::Device device_of(const score_rows& candidates) { return candidates.scores.device(); }

/// Calls `use` with the core's source of the same candidates, which views them on the host.
template <class Use>
auto with_source(const exact_scores& candidates, const Use& use) {
  const at::Tensor queries = candidates.queries.detach().to(at::kFloat);
  const auto asked = libtorch::view<const float>(queries, "queries");
  if (candidates.catalogue.scalar_type() == at::kBFloat16)
    return use(
        samplers::exact_scores(asked, libtorch::view<const bfloat16>(candidates.catalogue, "catalogue")));
  const at::Tensor catalogue = candidates.catalogue.detach().to(at::kFloat);
  return use(samplers::exact_scores(asked, libtorch::view<const float>(catalogue, "catalogue")));
}
template <class Use>
auto with_source(const score_rows& candidates, const Use& use) {
  const at::Tensor scores = candidates.scores.detach().to(at::kFloat);
  return use(samplers::score_rows(libtorch::view<const float>(scores, "scores")));
}

/// Candidates on any device, scored some rows and items at a time by LibTorch's operators.
class scored_blocks {
 public:
  explicit scored_blocks(const exact_scores& candidates)
      : rows_(candidates.queries.detach().to(at::kFloat)), catalogue_(candidates.catalogue.detach()) {}
  explicit scored_blocks(const score_rows& candidates) : rows_(candidates.scores.detach()) {}

  index rows() const { return rows_.size(0); }
  index num_items() const { return catalogue_.defined() ? catalogue_.size(0) : rows_.size(1); }
  at::Device device() const { return rows_.device(); }

  /// [rows, items] float: the scores of some rows and items, which the caller may write over.
  at::Tensor block(index first_row, index rows, index first_item, index items) const {
    const at::Tensor asked = rows_.narrow(0, first_row, rows);
    if (!catalogue_.defined()) return asked.narrow(1, first_item, items).to(at::kFloat, false, /*copy=*/true);
    return at::matmul(asked, catalogue_.narrow(0, first_item, items).to(at::kFloat).t());
  }
  /// [B] float: in each row, the score of one item.
  at::Tensor of(const at::Tensor& items) const {
    if (!catalogue_.defined()) return rows_.gather(1, items.unsqueeze(1)).squeeze(1).to(at::kFloat);
    return (rows_ * catalogue_.index_select(0, items).to(at::kFloat)).sum(1);
  }

 private:
  at::Tensor rows_;       // queries, or scores
  at::Tensor catalogue_;  // undefined: the scores are given
};

}  // namespace detail
}  // namespace prefopt::libtorch
