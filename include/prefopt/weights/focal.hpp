#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>
#include <prefopt/strengths/detail/gaps.hpp>

namespace prefopt::weights {

/// Focal weights (the form of Lin 2017, here on preferences; ours): w_b = (1 − σ(κ gap_b))^γ, the less the better an
/// example is learnt. gap_b is the log-ratio of the preferred item minus its mean over the rejected ones, without β.
/// γ = 0: all weights 1. γ = 1 is the hardness by violation σ(−κ gap_b); with κ = β it multiplies DPO's own gradient
/// weight in a second time. In (0, 1]; O(K).
struct focal {
  double gamma = 1;  ///< γ ≥ 0
  double kappa = 1;  ///< κ > 0

  static constexpr bool maps_and_reductions = true;

  void check() const {
    detail::require(gamma >= 0 && gamma < 1e300, "focal", "gamma is ", gamma,
                    ", expected a finite value of at least 0");
    detail::check_strength(kappa, "focal", "kappa");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    return exp(-(row.number(gamma) * softplus(row.number(kappa) * detail::gap_or_zero(row))));
  }
};

}  // namespace prefopt::weights
