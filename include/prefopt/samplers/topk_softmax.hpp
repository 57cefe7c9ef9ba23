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

/// Negatives from the pool of the hardest items, harder ones more often: P(i) = e^(f_i / T) / Σ_pool e^(f / T) for the
/// best-ranked of the allowed items, with scores f. T → 0: the hardest one; T → ∞: `topk_uniform`; a pool of all items:
/// `softmax_negative`, the very same draws.
/// Paper: Huang et al. 2026, "RoDPO".
///
/// A row holds an item once: its places are successive draws, each from what is left. They compare whole numbers, so
/// the same scores give the same draws on every machine.
struct topk_softmax {
  index pool = 50;         ///< how many of the hardest items are drawn from
  double temperature = 1;  ///< T > 0; f / T beyond ±4e10 counts as that
  double guard = detail::
      infinity;  ///< against false negatives: drops items that score more than this above the positive

  /// As `topk_uniform::draw`.
  template <detail::candidate_source Source>
  index draw(const Source& source, std::span<const std::int32_t> positives, const history_view& history,
             const draw_key& key, tensor_ref<std::int32_t> negatives, const executor& executor = {}) const {
    constexpr std::string_view where = "topk_softmax::draw";
    check(where);
    const detail::scored_call call{where, positives, history, key, *negatives, executor, guard};
    const double rate = detail::log_weight_rate(temperature);
    const auto draw_row = [&](index b, const auto& best, const matrix_view<std::int32_t>& row) {
      return detail::draw_by_weight(call, b, best, rate, row);
    };
    return detail::draw_from_best(call, source, detail::at_most_all(pool, source), detail::score_ranking{},
                                  draw_row);
  }

  /// Writes the law of one draw, [V]; as `hard_topk::law`.
  void law(std::span<const double> scores, std::int32_t positive, std::span<const std::int32_t> history,
           std::span<double> probability) const {
    constexpr std::string_view where = "topk_softmax::law";
    check(where);
    const auto ranked = detail::rank_candidates(where, scores, positive, history, guard, probability);
    detail::write_softmax_law(ranked, pool, temperature, probability);
  }

 private:
  void check(std::string_view where) const {
    detail::require_count(pool, where, "pool");
    detail::require_temperature(temperature, where);
    detail::require_guard(guard, where);
  }
};

}  // namespace prefopt::samplers
