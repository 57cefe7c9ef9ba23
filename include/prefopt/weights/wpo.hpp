#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/numeric.hpp>

namespace prefopt::weights {

/// WPO's weights (Zhou 2024, Eq. 2, as TRL computes them), which make off-policy pairs look on-policy: likely pairs weigh
/// more. For items of one token w_b = w_0 w_1, w_i = exp(p_i − log Σ_v π(v)²); of several rejected items the geometric
/// mean. Needs log-probabilities and `batch.log_collision`, log Σ_v π(v | x)² over the catalogue.
/// In (0, largest]; TRL bounds the product at 1, the paper's equation does not. O(K).
struct wpo {
  double largest = 1e300;  ///< above 0; 1: TRL's

  static constexpr inputs needs = inputs::log_collision;
  static constexpr bool needs_log_probabilities = true;
  static constexpr bool maps_and_reductions = true;

  void check() const {
    detail::require(largest > 0, "wpo", "largest is ", largest, ", expected a value above 0");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    const auto p = row.policy();
    const auto typical = row.log_collision();
    const auto others = select(row.any(row.rejected()), row.mean(p, row.rejected()), typical);
    return min(exp((row.preferred(p) - typical) + (others - typical)), row.number(largest));
  }
};

}  // namespace prefopt::weights
