#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

namespace prefopt::rewards {

/// What takes the log-ratio's place under the Jensen–Shannon divergence (f-DPO, Wang 2023): with
/// a = log π − log π_ref, S(a) = log σ(a), up to a constant that differences do not see. Needs log-probabilities.
struct jensen_shannon {
  static constexpr bool elementwise = true;
  static constexpr bool of_log_ratio = true;

  PREFOPT_ANYWHERE auto value(auto row) const {
    auto a = row.policy() - row.reference();
    return log_sigmoid(a) + (a - a);  // not finite where a is not
  }
  PREFOPT_ANYWHERE auto chain(auto row, auto gradient) const {
    return gradient * sigmoid(row.reference() - row.policy());
  }
};

}  // namespace prefopt::rewards
