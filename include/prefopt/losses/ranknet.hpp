#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/graded_weight.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// How much a pair of grades y_i > y_j weighs.
enum class ranknet_weighting {
  none,      ///< 1
  diff,      ///< |y_i − y_j|
  diff_pow,  ///< |y_i² − y_j²|
};

/// The mean over all pairs of candidates with y_i > y_j of −w_ij log σ(r_i − r_j) (RankNet, Burges 2005; the weights
/// are allRank's), for the batch's `relevance` y. A row without such a pair costs nothing. O(N²), or O(N) times the
/// candidates above the lowest grade where those are few and all pairs weigh alike.
struct ranknet {
  ranknet_weighting weighting = ranknet_weighting::none;

  static constexpr loss_traits traits{
      .candidates = rejected::several, .translation_invariant = true, .graded = true};
  static constexpr inputs needs = inputs::relevance;

  void check() const {
    detail::require_enumerator(weighting, ranknet_weighting::diff_pow, "ranknet", "weighting");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto y = row.relevance();
    if (weighting == ranknet_weighting::none) {
      auto pairs = row.graded_pairs(row.rewards(), y);
      return mean(row, pairs.cost(), pairs.slopes(), pairs.count());
    }
    auto grade = row.keep(select(weighting == ranknet_weighting::diff_pow, y * y, y));
    auto pairs = row.logistic_pairs(
        row.rewards(), [=](auto i, auto j) { return better_first(i, j, y, abs(i(grade) - j(grade))); });
    return mean(row, pairs.cost(), pairs.slopes(), graded_pair_count(row, y));
  }

 private:
  PREFOPT_ANYWHERE static auto mean(auto row, const auto& cost, const auto& slopes, const auto& count) {
    auto share = 1 / select(count > row.number(0), count, row.number(1));
    return with_gradient{cost * share, [=] { return slopes * share; }};
  }
};

}  // namespace prefopt::losses
