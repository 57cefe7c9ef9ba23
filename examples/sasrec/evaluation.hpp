#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "matrix.hpp"
#include "model.hpp"
#include "split.hpp"

/// \file
/// How well a recommender ranks what came next.

namespace sasrec {

/// Scores the whole catalogue for each case, from its history and perhaps its user (never its target): writes
/// `scores`, resized to [cases, items]; a higher score ranks first. Called from several threads at once.
using scorer = std::function<void(std::span<const ranking_case> cases, matrix& scores)>;

/// score = query of the history · embedding of the item. Keeps a reference to `recommender`.
scorer score_by_model(const model& recommender);

/// The same scores for everybody: how often the item was chosen. `counts` has one entry for each item.
scorer score_by_popularity(std::span<const std::int64_t> counts);

inline constexpr std::array hit_rate_cutoffs{1, 5, 10, 20};
inline constexpr std::array ndcg_cutoffs{5, 10, 20};

/// Means over cases.
struct ranking_metrics {
  std::size_t cases = 0;
  std::array<double, hit_rate_cutoffs.size()> hit_rate{};  ///< share of targets among the first 1, 5, 10, 20
  std::array<double, ndcg_cutoffs.size()> ndcg{};          ///< at 5, 10, 20; one relevant item, so 1/log2(1+rank)
  double mrr = 0;                                          ///< 1/rank
  double auc = 0;  ///< share of the other candidates that rank behind the target

  /// The figures that tables show and training watches.
  double hr10() const { return hit_rate[2]; }
  double ndcg10() const { return ndcg[1]; }
};

/// Ranks each case's target among all `items` items that are not in its history (full ranking). An item whose
/// score equals the target's ranks before it, and so does everything if the target's score is NaN: ties never
/// help the recommender. The result does not depend on `threads`.
///
/// Throws std::invalid_argument if there is no case, a history is empty, or a target is in its own history.
ranking_metrics evaluate_full(const scorer& score, std::span<const ranking_case> cases, std::int32_t items,
                              int threads);

/// Ranks each case's target among the items of `candidates[case]`, which contain it once. Otherwise as
/// `evaluate_full`. Throws std::invalid_argument if a target is not a candidate.
ranking_metrics evaluate_among(const scorer& score, std::span<const ranking_case> cases,
                               std::span<const std::vector<std::int32_t>> candidates, std::int32_t items,
                               int threads);

}  // namespace sasrec
