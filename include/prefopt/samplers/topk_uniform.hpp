#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <prefopt/executor.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/detail/pool.hpp>
#include <prefopt/samplers/detail/scored_draw.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::samplers {

/// Negatives uniform over the pool of the hardest items: P(i) = 1 / min(pool, n) for the best-ranked of the n allowed
/// items. The pool is that of the scores given, so it moves with the policy.
/// Paper: Huang et al. 2026, "RoDPO".
struct topk_uniform {
  index pool = 50;  ///< how many of the hardest items are drawn from
  bool repeat =
      false;  ///< may an item come twice in a row? If not, every K-subset of the pool is equally likely
  double guard = detail::
      infinity;  ///< against false negatives: drops items that score more than this above the positive

  /// As `hard_topk::draw`. Row b depends also on (seed, step, first_example + b); its first places do not depend on K.
  template <detail::candidate_source Source>
  index draw(const Source& source, std::span<const std::int32_t> positives, const history_view& history,
             const draw_key& key, tensor_ref<std::int32_t> negatives, const executor& executor = {}) const {
    constexpr std::string_view where = "topk_uniform::draw";
    detail::require_count(pool, where, "pool");
    const detail::scored_call call{where, positives, history, key, *negatives, executor, guard};
    const auto draw_row = [&](index b, const auto& best, const matrix_view<std::int32_t>& row) {
      return detail::draw_uniformly(call, b, best.items(), source.num_items(), repeat, row);
    };
    return detail::draw_from_best(call, source, detail::at_most_all(pool, source), detail::score_ranking{},
                                  draw_row);
  }

  /// Writes the law of one draw, [V]; as `hard_topk::law`.
  void law(std::span<const double> scores, std::int32_t positive, std::span<const std::int32_t> history,
           std::span<double> probability) const {
    constexpr std::string_view where = "topk_uniform::law";
    detail::require_count(pool, where, "pool");
    detail::require_guard(guard, where);
    const auto ranked = detail::rank_candidates(where, scores, positive, history, guard, probability);
    detail::write_uniform_law(ranked, 0, pool, probability);
  }
};

}  // namespace prefopt::samplers
