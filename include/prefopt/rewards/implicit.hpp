#pragma once

#include <prefopt/host_device.hpp>

namespace prefopt::rewards {

/// log π(i | x) − log π_ref(i | x), DPO's implicit reward (Rafailov 2023, Eq. 5) before β. Without a
/// reference the reference is uniform: the reward is log π up to a constant of the row.
struct implicit {
  static constexpr bool elementwise = true;
  static constexpr bool of_log_ratio = true;
  static constexpr bool keeps_shifts = true;
  PREFOPT_ANYWHERE auto value(auto row) const { return row.policy() - row.reference(); }
  PREFOPT_ANYWHERE auto chain(auto, auto gradient) const { return gradient; }
};

}  // namespace prefopt::rewards
