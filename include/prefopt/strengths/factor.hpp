#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>

namespace prefopt::strengths {

/// A number that multiplies the rewards and is no β, such as the inverse of a temperature: a batch's `beta` does not
/// replace it.
struct factor {
  static constexpr bool maps_and_reductions = true;
  double value = 1;  ///< above 0

  void check() const {
    detail::require(value > 0 && value < 1e300, "factor", "value is ", value,
                    ", expected a finite value above 0");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const { return row.number(value); }
};

}  // namespace prefopt::strengths
