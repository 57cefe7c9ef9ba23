#pragma once

#include <limits>

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>
#include <prefopt/strengths/detail/gaps.hpp>

namespace prefopt::weights {

/// A filter: w_b = 1 if low ≤ gap_b ≤ high, else 0. Leaves out what is learnt already, or what contradicts the policy so
/// much that it is likely to be noise. gap_b is the log-ratio of the preferred item minus its mean over the rejected ones,
/// without β. O(K).
struct gap_filter {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  static constexpr bool maps_and_reductions = true;

  void check() const {
    detail::require(low <= high, "gap_filter", "low is ", low, ", expected at most high, ", high);
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    const auto gap = detail::gap_or_zero(row);
    return select((gap >= row.number(low)) & (gap <= row.number(high)), row.number(1), row.number(0));
  }
};

}  // namespace prefopt::weights
