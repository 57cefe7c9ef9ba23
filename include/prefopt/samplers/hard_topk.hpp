#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <prefopt/executor.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/detail/ranked.hpp>
#include <prefopt/samplers/detail/scored_draw.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt {
namespace detail {

/// The best of each row, best first.
template <candidate_source Source>
index draw_hardest(const scored_call& call, const Source& source) {
  return draw_from_best(call, source, call.negatives.columns, score_ranking{},
                        [](index, const auto& best, const matrix_view<std::int32_t>& row) {
                          index place = 0;
                          for (const auto& hard : by_rank(best)) row(0, place++) = hard.item;
                          return mask_from(place, row);
                        });
}

}  // namespace detail

namespace samplers {

/// The hardest negatives, without chance: the K best-ranked allowed items, hardest first. Place t holds rank t, so
/// with one negative the law is P(hardest) = 1.
///
/// Items rank by score, equal ones by id, the smaller first. Whoever scores −inf or NaN is no candidate.
struct hard_topk {
  double guard = detail::
      infinity;  ///< against false negatives: drops items that score more than this above the positive

  /// source     where candidates come from: `exact_scores`, `score_rows` or `search_index`, with a row for each example
  /// positives  [B], the preferred item of each example
  /// history    for each example the items that it must not draw
  /// key        as for the other samplers; nothing is drawn here
  /// negatives  [B, K], written: items; where an example runs out of them, `masked` in its last places
  /// Returns how many places were masked.
  ///
  /// A row depends on its scores, its positive and its history alone: not on threads, nor on how a batch is split.
  /// Throws `invalid_argument` if shapes do not match, or an item or a setting is out of range.
  /// Memory: of the order of K for each of a few hundred rows a task; B × V scores are never there at once.
  template <detail::candidate_source Source>
  index draw(const Source& source, std::span<const std::int32_t> positives, const history_view& history,
             const draw_key& key, tensor_ref<std::int32_t> negatives, const executor& executor = {}) const {
    return detail::draw_hardest({"hard_topk::draw", positives, history, key, *negatives, executor, guard},
                                source);
  }

  /// Writes the law of the first place, [V]; all 0 where no item is allowed.
  /// scores   [V], of the example's candidates, the positive's among them
  /// history  ascending
  /// Throws as `draw`.
  void law(std::span<const double> scores, std::int32_t positive, std::span<const std::int32_t> history,
           std::span<double> probability) const {
    constexpr std::string_view where = "hard_topk::law";
    detail::require_guard(guard, where);
    const auto ranked = detail::rank_candidates(where, scores, positive, history, guard, probability);
    if (!ranked.empty()) detail::at(probability, ranked[0].item) = 1;
  }
};

}  // namespace samplers
}  // namespace prefopt
