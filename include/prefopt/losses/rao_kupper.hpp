#pragma once

#include <prefopt/detail/pair_outcome.hpp>
#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// −log of the probability of what happened between two items, under Bradley–Terry with ties (Rao & Kupper 1967).
/// With the margin m = r_0 − r_1 and t = log θ,
///
///     P(0 wins) = σ(m − t),   P(1 wins) = σ(−m − t),   P(tie) = (θ² − 1) σ(m − t) σ(−m − t)
///
/// Whichever has the larger `relevance` has won; equal relevance is a tie. θ = 1 is Bradley–Terry, in which a tie is
/// impossible: it costs +inf.
struct rao_kupper {
  double theta = 2;  ///< θ ≥ 1: how far apart two items must be to be told apart

  static constexpr loss_traits traits{
      .candidates = rejected::one, .translation_invariant = true, .maps_and_reductions = true};
  static constexpr inputs needs = inputs::relevance;

  void check() const {
    detail::require(theta >= 1 && theta < 1e150, "rao_kupper", "theta is ", theta,
                    ", expected a finite value of at least 1");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto pair = detail::outcome_of(row);
    auto margin = pair.margin;
    auto won = pair.won, lost = pair.lost;
    auto t = row.number(log(theta));
    auto against_win = softplus(t - margin), against_loss = softplus(t + margin);
    auto tie = against_win + against_loss - row.number(log(theta - 1) + log(theta + 1));
    auto value = select(won, against_win, select(lost, against_loss, tie));
    return with_gradient{value, [=] {
                           auto down = -sigmoid(t - margin), up = sigmoid(t + margin);
                           auto slope = select(won, down, select(lost, up, down + up));
                           return select(row.is_preferred(), slope, -slope);
                         }};
  }
};

}  // namespace prefopt::losses
