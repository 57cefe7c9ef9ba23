#pragma once

#include <prefopt/inputs.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// The mean over all pairs of candidates with y_i > y_j of −log σ(r_i − r_j) (RankNet, Burges 2005), for the batch's
/// `relevance` y. A row without such a pair costs nothing.
struct ranknet {
  static constexpr loss_traits traits{.candidates = rejected::several, .translation_invariant = true};
  static constexpr inputs needs = inputs::relevance;

  auto operator()(auto row) const {
    const auto pairs = row.graded_pairs(row.rewards(), row.relevance());
    const auto count = pairs.count();
    const auto share = 1 / select(count > row.number(0), count, row.number(1));
    return with_gradient{pairs.cost() * share, [=] { return pairs.slopes() * share; }};
  }
};

}  // namespace prefopt::losses
