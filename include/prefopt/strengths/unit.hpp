#pragma once

#include <prefopt/host_device.hpp>

namespace prefopt::strengths {

/// β = 1, whatever the batch brings: for a term that knows no strength, such as a log-likelihood beside DPO.
struct unit {
  static constexpr bool maps_and_reductions = true;
  PREFOPT_ANYWHERE auto operator()(auto row) const { return row.number(1); }
};

}  // namespace prefopt::strengths
