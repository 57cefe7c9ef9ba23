#pragma once

#include <prefopt/references/mix.hpp>

namespace prefopt::references {

/// An exponential moving average of the policy: `periodic_sync` at every step, by 1 − decay.
struct moving_average {
  double decay = 0.99;  ///< in [0, 1)

  void check() const {
    detail::require(decay >= 0 && decay < 1, "moving_average", "decay is ", decay,
                    ", expected a value in [0, 1)");
  }
  /// Counts a step. \return by what share the reference moves
  double advance(sync_state& state) const {
    check();
    ++state.steps;
    return 1 - decay;
  }
};

}  // namespace prefopt::references
