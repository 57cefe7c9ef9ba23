#pragma once

#include <limits>

#include <prefopt/column.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

/// \file
/// eˣ − 1, continued by a straight line where it would soon overflow, and its derivative: for numbers and columns.
/// Differences keep their sign and stay finite, where infinities would subtract to NaN.

namespace prefopt {
namespace detail {

/// From here on: 79.7 for float, 700.8 for double. e⁹ is left for strengths and sums.
template <class T>
PREFOPT_HOST_DEVICE constexpr scalar_t<T> bend() {
  constexpr auto ln2 = scalar_t<T>(0.693147180559945309417L);
  return std::numeric_limits<scalar_t<T>>::max_exponent * ln2 - 9;
}
/// How steep the line is beside the exponential it continues: 1e4 more must not overflow either.
template <class T>
inline constexpr auto slope_behind_bend = scalar_t<T>(1) / 1024;

}  // namespace detail

/// x < bend: eˣ − 1.
template <number T>
PREFOPT_HOST_DEVICE T bent_expm1(T x) {
  const auto bend = detail::bend<T>();
  const T beyond = max(x, T(bend)) - T(bend);
  return expm1(min(x, T(bend))) + beyond * T(detail::slope_behind_bend<T> * exp(bend));
}
/// Its derivative.
template <number T>
PREFOPT_HOST_DEVICE T bent_expm1_slope(T x) {
  const auto bend = detail::bend<T>();
  return select(x < T(bend), exp(min(x, T(bend))), T(detail::slope_behind_bend<T> * exp(bend)));
}

namespace detail {
struct bent_expm1_of {
  PREFOPT_ANYWHERE constexpr auto operator()(const auto& x) const { return bent_expm1(x); }
};
struct bent_expm1_slope_of {
  PREFOPT_ANYWHERE constexpr auto operator()(const auto& x) const { return bent_expm1_slope(x); }
};
}  // namespace detail

template <class At>
PREFOPT_HOST_DEVICE constexpr auto bent_expm1(const column<At>& x) {
  return detail::map(detail::bent_expm1_of{}, x);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto bent_expm1_slope(const column<At>& x) {
  return detail::map(detail::bent_expm1_slope_of{}, x);
}

}  // namespace prefopt
