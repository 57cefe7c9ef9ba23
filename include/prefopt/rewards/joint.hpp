#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::rewards {

/// The log-ratio of a context and an item together: [log π(i | x) + log π(x)] − log π_ref(i, x), for candidates that each
/// come with a context of their own (DOVE / joint preference optimisation, Bansal 2024). Policy [B, 2 N]: log π(i | x) and
/// log π(x) of candidate after candidate; reference [B, N]: their sum. Both get the same gradient. Needs
/// log-probabilities: contexts do not share a normaliser.
struct joint {
  static constexpr index components = 2;
  static constexpr bool needs_log_probabilities = true;

  PREFOPT_ANYWHERE auto value(auto row) const { return row.policy(0) + row.policy(1) - row.reference(); }
  PREFOPT_ANYWHERE auto chain(auto, auto gradient, index) const { return gradient; }
};

}  // namespace prefopt::rewards
