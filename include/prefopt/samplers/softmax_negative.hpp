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
#include <prefopt/samplers/history.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt {
namespace detail {

/// The largest sums of score / T and noise in each row, largest first.
template <candidate_source Source>
index draw_from_softmax(const scored_call& call, const Source& source, double temperature) {
  static_assert(
      scanned_source<Source>,
      "the softmax over the catalogue needs every score: draw from exact_scores or score_rows, or take "
      "topk_softmax with a search_index");
  return draw_from_best(call, source, call.negatives.columns, noise_ranking(temperature),
                        [](index, const auto& best, const matrix_view<std::int32_t>& row) {
                          index place = 0;
                          for (const auto& drawn : by_rank(best)) row(0, place++) = drawn.item;
                          return mask_from(place, row);
                        });
}

}  // namespace detail

namespace samplers {

/// Negatives that the policy itself would choose: P(i) = e^(f_i / T) / Σ_C e^(f / T) over the allowed items C, with
/// scores f.
///
/// Drawn in one pass over the catalogue, by adding Gumbel noise to the scores and keeping the K largest sums (Kool et
/// al. 2019), which makes a row K successive draws without repetition.
struct softmax_negative {
  double temperature = 1;  ///< T > 0; f / T beyond ±4e10 counts as that
  double guard = detail::
      infinity;  ///< against false negatives: drops items that score more than this above the positive

  /// As `topk_uniform::draw`; the source is `exact_scores` or `score_rows`.
  template <detail::candidate_source Source>
  index draw(const Source& source, std::span<const std::int32_t> positives, const history_view& history,
             const draw_key& key, tensor_ref<std::int32_t> negatives, const executor& executor = {}) const {
    constexpr std::string_view where = "softmax_negative::draw";
    check(where);
    return detail::draw_from_softmax({where, positives, history, key, *negatives, executor, guard}, source,
                                     temperature);
  }

  /// Writes the law of one draw, [V]; as `hard_topk::law`.
  void law(std::span<const double> scores, std::int32_t positive, std::span<const std::int32_t> history,
           std::span<double> probability) const {
    constexpr std::string_view where = "softmax_negative::law";
    check(where);
    const auto ranked = detail::rank_candidates(where, scores, positive, history, guard, probability);
    detail::write_softmax_law(ranked, static_cast<index>(ranked.size()), temperature, probability);
  }

 private:
  void check(std::string_view where) const {
    detail::require_temperature(temperature, where);
    detail::require_guard(guard, where);
  }
};

}  // namespace samplers
}  // namespace prefopt
