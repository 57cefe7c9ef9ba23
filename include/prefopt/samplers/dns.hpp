#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <prefopt/error.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/detail/best_of.hpp>
#include <prefopt/samplers/detail/ranked.hpp>
#include <prefopt/samplers/detail/scored_draw.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/uniform.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::samplers {

/// Dynamic negative sampling: of M items drawn uniformly, the hardest; or one of the N hardest, each as likely. Between
/// `uniform` (M = 1) and `hard_topk` (M → ∞).
/// Papers: Zhang et al. 2013, "Optimizing top-N collaborative filtering via dynamic negative item sampling"; DNS(M, N):
/// Shi et al. 2023, "On the theories behind hard negative sampling for recommendation".
///
/// With r the rank of item i among the n allowed ones:
///
///     M distinct draws          P(i) = 1 / N Σ_{j=1..N} C(r-1, j-1) C(n-r, M-j) / C(n, M)
///     with replacement, N = 1   P(i) = ((n-r+1)^M - (n-r)^M) / n^M
///     drawn from q              P(i) = Q_r^M - Q_{r+1}^M, with Q_r the sum of q over the ranks r and above
///
/// Every place of a row draws anew, from what is allowed and not in the row yet (if items may not repeat).
struct dns {
  index candidates = 5;  ///< M
  index best = 1;        ///< N, 1 to M
  bool replacement =
      false;  ///< may the M draws repeat? If not and fewer than M items are left, all of them are drawn
  bool repeat = false;  ///< may an item come twice in a row?
  double guard = detail::
      infinity;  ///< against false negatives: drops items that score more than this above the positive
  /// q, where the M draws come from; absent: uniform. Needs `replacement`, has its own `repeat`, which is ignored. Kept.
  const popularity* proposals = nullptr;

  /// As `topk_uniform::draw`; the source is `exact_scores` or `score_rows`. Scores M items for each negative, so a row
  /// costs O(K M d), whatever V; O(V) where next to nothing is allowed.
  template <detail::candidate_source Source>
  index draw(const Source& source, std::span<const std::int32_t> positives, const history_view& history,
             const draw_key& key, tensor_ref<std::int32_t> negatives, const executor& executor = {}) const {
    constexpr std::string_view where = "dns::draw";
    check(where);
    const detail::scored_call call{where, positives, history, key, *negatives, executor, guard};
    const auto by_score = [](index) { return [](float score) { return score; }; };
    if (proposals != nullptr)
      return detail::draw_best_of_rows(call, proposals->law_, source, how(), by_score);
    return detail::draw_best_of_rows(call, detail::uniform_law(source.num_items(), where), source, how(),
                                     by_score);
  }

  /// Writes the law of one draw, [V]; as `hard_topk::law`.
  void law(std::span<const double> scores, std::int32_t positive, std::span<const std::int32_t> history,
           std::span<double> probability) const {
    constexpr std::string_view where = "dns::law";
    check(where);
    const auto ranked = detail::rank_candidates(where, scores, positive, history, guard, probability);
    std::vector<double> weights(ranked.size(), 1.0);
    if (proposals != nullptr) {
      detail::require(proposals->law_.num_items() == static_cast<index>(scores.size()), where,
                      "proposals has ", proposals->law_.num_items(), " items, expected ", scores.size(),
                      " (the size of scores)");
      for (std::size_t r = 0; r < ranked.size(); ++r) weights[r] = proposals->law_.weight(ranked[r].item);
    }
    detail::write_best_of_law(ranked, weights, how(), probability);
  }

 private:
  detail::best_of how() const { return {candidates, best, replacement, repeat}; }
  void check(std::string_view where) const {
    how().check(where);
    detail::require(proposals == nullptr || replacement, where,
                    "replacement is false, expected true (draws from proposals repeat)");
    detail::require_guard(guard, where);
  }
};

}  // namespace prefopt::samplers
