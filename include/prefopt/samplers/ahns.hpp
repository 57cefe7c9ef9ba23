#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <prefopt/error.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/numeric.hpp>
#include <prefopt/samplers/detail/best_of.hpp>
#include <prefopt/samplers/detail/ranked.hpp>
#include <prefopt/samplers/detail/scored_draw.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/uniform.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::samplers {

/// Adaptive hardness: of M items drawn uniformly, the one whose score is nearest to what suits the positive, which is
/// easier the better the positive scores (p < −1): argmin_k |f_k − β (f_0 + α)^(p+1)|.
/// Paper: Lai et al. 2024, "Adaptive hardness negative sampling for collaborative filtering".
///
/// The law is that of `dns`, r being the rank by nearness: C(n-r, M-1) / C(n, M) for distinct draws,
/// ((n-r+1)^M - (n-r)^M) / n^M with replacement. Items as near as each other rank by id; where (f_0 + α)^(p+1) is not a
/// number (a negative base), so do all.
struct ahns {
  index candidates = 32;     ///< M
  double alpha = 1;          ///< α
  double beta = 0.1;         ///< β
  double p = -2;             ///< p
  bool replacement = false;  ///< may the M draws repeat?
  bool repeat = false;       ///< may an item come twice in a row?
  double guard = detail::
      infinity;  ///< against false negatives: drops items that score more than this above the positive

  /// As `dns::draw`.
  template <detail::candidate_source Source>
  index draw(const Source& source, std::span<const std::int32_t> positives, const history_view& history,
             const draw_key& key, tensor_ref<std::int32_t> negatives, const executor& executor = {}) const {
    constexpr std::string_view where = "ahns::draw";
    check(where);
    const detail::scored_call call{where, positives, history, key, *negatives, executor, guard};
    const auto by_nearness = [&](index b) {
      const double wanted = target(static_cast<double>(source.score(b, call.positive(b))));
      return
          [wanted](float score) { return static_cast<float>(nearness(static_cast<double>(score), wanted)); };
    };
    return detail::draw_best_of_rows(call, detail::uniform_law(source.num_items(), where), source, how(),
                                     by_nearness);
  }

  /// Writes the law of one draw, [V]; as `hard_topk::law`.
  void law(std::span<const double> scores, std::int32_t positive, std::span<const std::int32_t> history,
           std::span<double> probability) const {
    constexpr std::string_view where = "ahns::law";
    check(where);
    auto ranked = detail::rank_candidates(where, scores, positive, history, guard, probability);
    const double wanted = target(scores[static_cast<std::size_t>(positive)]);
    for (auto& one : ranked) one.key = nearness(one.key, wanted);
    detail::sort_by_rank(ranked);
    detail::write_best_of_law(ranked, std::vector<double>(ranked.size(), 1.0), how(), probability);
  }

 private:
  double target(double positive_score) const { return beta * prefopt::pow(positive_score + alpha, p + 1); }
  static double nearness(double score, double wanted) {
    const double distance = prefopt::abs(score - wanted);
    return distance == distance ? -distance : -detail::infinity;
  }
  detail::best_of how() const { return {candidates, 1, replacement, repeat}; }
  void check(std::string_view where) const {
    how().check(where);
    for (const auto& [name, value] : {named{"alpha", alpha}, named{"beta", beta}, named{"p", p}})
      detail::require(prefopt::abs(value) < detail::infinity, where, name, " is ", value,
                      ", expected a finite number");
    detail::require_guard(guard, where);
  }
  struct named {
    std::string_view name;
    double value;
  };
};

}  // namespace prefopt::samplers
