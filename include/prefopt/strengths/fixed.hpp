#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>

namespace prefopt::strengths {

/// One β for all examples, or, where the batch brings `beta`, one for each.
struct fixed {
  static constexpr bool maps_and_reductions = true;
  double beta = 1;  ///< β > 0

  static constexpr inputs reads = inputs::beta;

  void check() const {
    detail::require(beta > 0 && beta < 1e300, "strength", "beta is ", beta,
                    ", expected a finite value above 0");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const { return row.example_beta(beta); }
};

}  // namespace prefopt::strengths
