#pragma once

namespace prefopt::rewards {

/// π(i | x) itself, e^p: MPPO (Xie 2025, Eq. 4) with items of one token. Needs log-probabilities, p ≤ 0; a reference, if
/// the batch has one, is ignored.
struct probability {
  static constexpr bool elementwise = true;
  static constexpr bool reference_free = true;

  auto value(auto row) const { return exp(row.policy()); }
  auto chain(auto row, auto gradient) const { return gradient * exp(row.policy()); }
};

}  // namespace prefopt::rewards
