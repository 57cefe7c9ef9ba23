#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <prefopt/executor.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/detail/pool.hpp>
#include <prefopt/samplers/detail/ranked.hpp>
#include <prefopt/samplers/detail/scored_draw.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/hard_topk.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/softmax_negative.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::samplers {

/// What the policy would recommend now is the negative, the positive and the history excluded: its best item at
/// T = 0, P(argmax) = 1; with T > 0 drawn from its softmax, P(i) = e^(f_i / T) / Σ_C e^(f / T). Further places of a row
/// hold the next-best items, or the next draws.
/// Paper: Gao et al. 2025, "SPRec: Self-play to debias LLM-based recommendation", which decodes greedily.
struct self_play {
  double temperature = 0;  ///< T ≥ 0; f / T beyond ±4e10 counts as that
  double guard = detail::
      infinity;  ///< against false negatives: drops items that score more than this above the positive

  /// As `topk_uniform::draw`; with T > 0 the source is `exact_scores` or `score_rows`.
  template <detail::candidate_source Source>
  index draw(const Source& source, std::span<const std::int32_t> positives, const history_view& history,
             const draw_key& key, tensor_ref<std::int32_t> negatives, const executor& executor = {}) const {
    constexpr std::string_view where = "self_play::draw";
    check(where);
    const detail::scored_call call{where, positives, history, key, *negatives, executor, guard};
    if (temperature == 0) return detail::draw_hardest(call, source);
    if constexpr (detail::scanned_source<Source>)
      return detail::draw_from_softmax(call, source, temperature);
    else
      detail::fail(where, "temperature is ", temperature,
                   ", expected 0: this source does not score every item");
  }

  /// Writes the law of one draw, [V]; as `hard_topk::law`.
  void law(std::span<const double> scores, std::int32_t positive, std::span<const std::int32_t> history,
           std::span<double> probability) const {
    constexpr std::string_view where = "self_play::law";
    check(where);
    const auto ranked = detail::rank_candidates(where, scores, positive, history, guard, probability);
    if (temperature > 0)
      detail::write_softmax_law(ranked, static_cast<index>(ranked.size()), temperature, probability);
    else if (!ranked.empty())
      detail::at(probability, ranked[0].item) = 1;
  }

 private:
  void check(std::string_view where) const {
    detail::require(temperature >= 0 && temperature < detail::infinity, where, "temperature is ", temperature,
                    ", expected at least 0 and finite");
    detail::require_guard(guard, where);
  }
};

}  // namespace prefopt::samplers
