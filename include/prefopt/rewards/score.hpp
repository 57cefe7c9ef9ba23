#pragma once

#include <prefopt/host_device.hpp>

namespace prefopt::rewards {

/// The policy's score itself; a reference, if the batch has one, is ignored.
struct score {
  static constexpr bool elementwise = true;
  static constexpr bool keeps_shifts = true;
  static constexpr bool reference_free = true;

  PREFOPT_ANYWHERE auto value(auto row) const { return row.policy(); }
  PREFOPT_ANYWHERE auto chain(auto, auto gradient) const { return gradient; }
};

}  // namespace prefopt::rewards
