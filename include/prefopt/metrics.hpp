#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <prefopt/error.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// How well scores rank the one item that came next: HR@k, NDCG@k, MRR and AUC, all from its rank.

namespace prefopt {

/// Where a target came in.
struct ranking {
  index rank = 1;        ///< 1 is first
  index candidates = 1;  ///< how many were ranked, the target among them
};

namespace detail {

/// How many of `scores` rank before something scored `target`: all that are not below it.
template <class S>
index count_not_below(std::span<const S> scores, S target) {
  return std::count_if(scores.begin(), scores.end(), [=](S score) { return !(score < target); });
}

}  // namespace detail

/// Ranks a target among given candidates. Ties are broken against the model: every other candidate whose
/// score is not below the target's ranks before it, and so does one whose score is NaN. A target whose score
/// is NaN ranks last.
///
/// target  its score
/// others  the scores of the other candidates, without the target
template <std::floating_point S>
ranking rank_among(S target, std::span<const std::type_identity_t<S>> others) {
  return {1 + detail::count_not_below<S>(others, target), 1 + static_cast<index>(others.size())};
}

/// Ranks a target in the catalogue (full ranking), ties and NaN as in `rank_among`.
///
/// scores    [V], one for each item
/// target    the item
/// excluded  items that do not take part, ascending; repeats and the target itself are harmless
/// Throws `invalid_argument` if an item is out of range or `excluded` descends. O(V + excluded).
template <std::floating_point S>
ranking rank_in_catalogue(std::span<const S> scores, std::int32_t target, std::span<const std::int32_t> excluded = {});
}
