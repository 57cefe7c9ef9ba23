#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>

namespace prefopt::rewards {

/// log π / n per token, SimPO's reward (Meng 2024). Without the batch's `lengths` the policy's numbers are taken
/// for averages already, which those of single items are; then scores do as well. A reference, if there is one, is
/// ignored.
struct average_score {
  static constexpr bool elementwise = true;
  static constexpr bool keeps_shifts = true;
  static constexpr bool reference_free = true;
  static constexpr inputs reads = inputs::lengths;

  PREFOPT_ANYWHERE auto value(auto row) const { return row.policy() / row.lengths(); }
  PREFOPT_ANYWHERE auto chain(auto row, auto gradient) const { return gradient / row.lengths(); }
};

}  // namespace prefopt::rewards
