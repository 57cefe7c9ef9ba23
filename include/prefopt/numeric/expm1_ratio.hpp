#pragma once

#include <prefopt/column.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

/// \file
/// x / (eˣ − 1) − 1, the Bernoulli function below its value at 0, and its derivative: for numbers and columns. 0 and
/// −1/2 at 0, where the plain form is 0 / 0; near it, a series (Abramowitz & Stegun 23.1.1).

namespace prefopt {
namespace detail {

/// |x| below this goes by the series; above, nothing cancels.
inline constexpr double series_end = 0.25;

/// For x ≥ 0, as (x e^−x − E) / E with E = 1 − e^−x, which cannot overflow.
template <class T>
PREFOPT_HOST_DEVICE T falling_bernoulli(T x) {
  const auto exactly = [](double c) { return T(static_cast<scalar_t<T>>(c)); };
  const T s = x * x;
  const T series =
      s * (exactly(1. / 12) +
           s * (exactly(-1. / 720) +
                s * (exactly(1. / 30240) + s * (exactly(-1. / 1209600) + s * exactly(1. / 47900160))))) -
      x / 2;
  const auto by_series = x < exactly(series_end);
  const T beyond = select(by_series, T(1), x), rest = -expm1(-beyond);
  return select(by_series, series, (beyond * exp(-beyond) - rest) / rest);
}
/// Its derivative, e^−x (E − x) / E² with E = 1 − e^−x.
template <class T>
PREFOPT_HOST_DEVICE T falling_bernoulli_slope(T x) {
  const auto exactly = [](double c) { return T(static_cast<scalar_t<T>>(c)); };
  const T s = x * x;
  const T series =
      exactly(-0.5) +
      x * (exactly(1. / 6) +
           s * (exactly(-1. / 180) +
                s * (exactly(1. / 5040) + s * (exactly(-1. / 151200) + s * exactly(1. / 4790016)))));
  const auto by_series = x < exactly(series_end);
  const T beyond = select(by_series, T(1), x), rest = -expm1(-beyond);
  return select(by_series, series, exp(-beyond) * (rest - beyond) / (rest * rest));
}

}  // namespace detail

/// x / (eˣ − 1) − 1. Below 0, f(x) = f(−x) − x.
template <number T>
PREFOPT_HOST_DEVICE T expm1_ratio_minus_1(T x) {
  return detail::falling_bernoulli(abs(x)) + select(x < T(0), -x, T(0));
}
template <number T>
PREFOPT_HOST_DEVICE T expm1_ratio_slope(T x) {
  const T slope = detail::falling_bernoulli_slope(abs(x));
  return select(x < T(0), -slope - 1, slope);
}

namespace detail {
struct expm1_ratio_minus_1_of {
  PREFOPT_ANYWHERE constexpr auto operator()(const auto& x) const { return expm1_ratio_minus_1(x); }
};
struct expm1_ratio_slope_of {
  PREFOPT_ANYWHERE constexpr auto operator()(const auto& x) const { return expm1_ratio_slope(x); }
};
}  // namespace detail

template <class At>
PREFOPT_HOST_DEVICE constexpr auto expm1_ratio_minus_1(const column<At>& x) {
  return detail::map(detail::expm1_ratio_minus_1_of{}, x);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto expm1_ratio_slope(const column<At>& x) {
  return detail::map(detail::expm1_ratio_slope_of{}, x);
}

}  // namespace prefopt
