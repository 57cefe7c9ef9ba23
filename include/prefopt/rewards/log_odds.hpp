#pragma once

#include <limits>

#include <prefopt/column.hpp>
#include <prefopt/host_device.hpp>

namespace prefopt::rewards {

/// log(π / (1 − π)) = p − log(1 − e^p) (ORPO, Hong 2024, Eq. 4). Needs log-probabilities, p < 0: what rounding made 0 or
/// more is taken for the next normal number below 0. A reference is ignored.
struct log_odds {
  static constexpr bool elementwise = true;
  static constexpr bool reference_free = true;

  PREFOPT_ANYWHERE auto value(auto row) const {
    auto p = below_0(row);
    auto given = row.policy();
    return p - log1mexp(p) + (given - given);  // not finite where the policy is not
  }
  PREFOPT_ANYWHERE auto chain(auto row, auto gradient) const { return gradient / -expm1(below_0(row)); }

 private:
  template <class Row>
  PREFOPT_HOST_DEVICE static auto below_0(Row row) {
    constexpr bool single = sizeof(scalar_t<typename Row::number_type>) == sizeof(float);
    constexpr double largest = single ? -static_cast<double>(std::numeric_limits<float>::min())
                                      : -std::numeric_limits<double>::min();
    auto p = row.policy();
    return select(p < row.number(largest), p, row.number(largest));
  }
};

}  // namespace prefopt::rewards
