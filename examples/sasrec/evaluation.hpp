#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <prefopt/metrics.hpp>

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

using prefopt::ranking_metrics;

/// Ranks each case's target among all `items` items that are not in its history (full ranking). Ties
/// count against the recommender, see `prefopt::rank_among`. The result does not depend on `threads`.
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
