#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>

namespace prefopt::rewards {

/// (log π − log π_ref) / n per token, for a sequence of n tokens: the implicit reward that does not grow with length, as
/// IPO's authors meant it (and TRL's `ipo` has it). Needs the batch's `lengths`, and log-probabilities.
struct average_log_ratio {
  static constexpr bool elementwise = true;
  static constexpr bool of_log_ratio = true;
  static constexpr bool keeps_shifts = true;
  static constexpr inputs needs = inputs::lengths;

  PREFOPT_ANYWHERE auto value(auto row) const { return (row.policy() - row.reference()) / row.lengths(); }
  PREFOPT_ANYWHERE auto chain(auto row, auto gradient) const { return gradient / row.lengths(); }
};

}  // namespace prefopt::rewards
