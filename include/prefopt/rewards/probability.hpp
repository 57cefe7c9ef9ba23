#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>

namespace prefopt::rewards {

/// π(i | x) itself; of an answer of several tokens the geometric mean of theirs, e^{log π / length}, if the batch has
/// `lengths` (MPPO, Xie 2025, Eq. 4). Needs log-probabilities.
struct probability {
  static constexpr bool elementwise = true;
  static constexpr bool reference_free = true;
  static constexpr inputs reads = inputs::lengths;

  // p − p is 0, except where p is not finite: e^{−∞} must not look like a probability.
  PREFOPT_ANYWHERE auto value(auto row) const {
    return exp(row.policy() / row.lengths()) + (row.policy() - row.policy());
  }
  PREFOPT_ANYWHERE auto chain(auto row, auto gradient) const {
    return gradient * exp(row.policy() / row.lengths()) / row.lengths();
  }
};

}  // namespace prefopt::rewards
