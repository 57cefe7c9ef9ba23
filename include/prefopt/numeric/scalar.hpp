#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>

/// \file
/// The vocabulary's primitives over `float`, `double` and `long double`.
///
/// The library relies on infinities, NaN and the order of its operations, which `-ffast-math` gives away.

#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "prefopt needs infinities and NaN: compile this file without -ffast-math / -Ofast / -ffinite-math-only"
#endif

namespace prefopt {

/// What a number is made of: its plain scalar, and the type of its comparisons.
template <class T>
struct number_traits {
  using scalar = T;
  using mask = bool;
};

template <class T>
using scalar_t = typename number_traits<T>::scalar;
template <class T>
using mask_t = typename number_traits<T>::mask;

template <std::floating_point S>
S exp(S x) {
  return std::exp(x);
}
template <std::floating_point S>
S log(S x) {
  return std::log(x);
}
template <std::floating_point S>
S log1p(S x) {
  return std::log1p(x);
}
template <std::floating_point S>
S expm1(S x) {
  return std::expm1(x);
}

/// log1p(x) for 0 ≤ x ≤ 1, such as e^−|y|: what packs have a shorter way for.
template <std::floating_point S>
S log1p_unit(S x) {
  return std::log1p(x);
}
/// 1 / x.
template <std::floating_point S>
constexpr S reciprocal(S x) {
  return 1 / x;
}
/// a b + c, rounded once where the machine does that as fast as a product.
template <std::floating_point S>
constexpr S multiply_add(S a, std::type_identity_t<S> b, std::type_identity_t<S> c) {
  return a * b + c;
}

/// `mask ? yes : no`, for every number and every mask. Both sides are computed: select, never multiply by a
/// mask.
template <class S>
  requires std::floating_point<S>
constexpr S select(bool mask, S yes, std::type_identity_t<S> no) {
  return mask ? yes : no;
}

/// The same value, whose derivative is zero: what the gradient must not see through.
template <std::floating_point S>
constexpr S constant(S x) {
  return x;
}

constexpr bool any(bool mask) { return mask; }
constexpr bool all(bool mask) { return mask; }

/// One lane of a number, and of a mask.
template <std::floating_point S>
constexpr S lane(S x, int) {
  return x;
}
template <std::floating_point S>
constexpr void set_lane(S& x, int, std::type_identity_t<S> value) {
  x = value;
}
constexpr bool lane(bool mask, int) { return mask; }
constexpr void set_lane(bool& mask, int, bool value) { mask = value; }

/// How many lanes a number has.
template <class T>
inline constexpr int lane_count = 1;

}  // namespace prefopt
