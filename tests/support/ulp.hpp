#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

/// \file
/// Errors in units in the last place.

namespace test {

/// By how many ulp of `Scalar` a value misses the true one. An infinity counts as the number after the
/// largest finite one, so that overflowing an ulp early costs an ulp; NaN matches NaN alone.
template <class Scalar>
double ulp_error(Scalar actual, long double expected) {
  using limits = std::numeric_limits<Scalar>;
  if (std::isnan(actual) || std::isnan(expected))
    return std::isnan(actual) && std::isnan(expected) ? 0 : std::numeric_limits<double>::infinity();
  const long double end = std::ldexp(1.0L, limits::max_exponent);
  const long double value =
      std::isinf(actual) ? std::copysign(end, actual) : static_cast<long double>(actual);
  const long double truth = std::clamp(expected, -end, end);
  const int exponent =
      std::max(truth == 0 ? limits::min_exponent : std::ilogb(truth) + 1, limits::min_exponent);
  return static_cast<double>(std::abs(value - truth) / std::ldexp(1.0L, exponent - limits::digits));
}

}  // namespace test
