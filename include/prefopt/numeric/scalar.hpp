#pragma once

#include <concepts>
#include <limits>
#include <type_traits>

#include <prefopt/detail/instruction_set.hpp>
#include <prefopt/host_device.hpp>

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

// The C library's functions by the compiler's names: <cmath> is a sixth of all that would be included.
template <std::floating_point S>
PREFOPT_HOST_DEVICE S exp(S x) {
  if constexpr (std::is_same_v<S, float>)
    return __builtin_expf(x);
  else if constexpr (std::is_same_v<S, double>)
    return __builtin_exp(x);
  else
    return __builtin_expl(x);
}
template <std::floating_point S>
PREFOPT_HOST_DEVICE S expm1(S x) {
  if constexpr (std::is_same_v<S, float>)
    return __builtin_expm1f(x);
  else if constexpr (std::is_same_v<S, double>)
    return __builtin_expm1(x);
  else
    return __builtin_expm1l(x);
}
template <std::floating_point S>
PREFOPT_HOST_DEVICE S log(S x) {
  if constexpr (std::is_same_v<S, float>)
    return __builtin_logf(x);
  else if constexpr (std::is_same_v<S, double>)
    return __builtin_log(x);
  else
    return __builtin_logl(x);
}
template <std::floating_point S>
PREFOPT_HOST_DEVICE S log1p(S x) {
  if constexpr (std::is_same_v<S, float>)
    return __builtin_log1pf(x);
  else if constexpr (std::is_same_v<S, double>)
    return __builtin_log1p(x);
  else
    return __builtin_log1pl(x);
}
template <std::floating_point S>
PREFOPT_HOST_DEVICE S log2(S x) {
  if constexpr (std::is_same_v<S, float>)
    return __builtin_log2f(x);
  else if constexpr (std::is_same_v<S, double>)
    return __builtin_log2(x);
  else
    return __builtin_log2l(x);
}
template <std::floating_point S>
PREFOPT_HOST_DEVICE S sqrt(S x) {
  if constexpr (std::is_same_v<S, float>)
    return __builtin_sqrtf(x);
  else if constexpr (std::is_same_v<S, double>)
    return __builtin_sqrt(x);
  else
    return __builtin_sqrtl(x);
}
template <std::floating_point S>
PREFOPT_HOST_DEVICE S floor(S x) {
  if constexpr (std::is_same_v<S, float>)
    return __builtin_floorf(x);
  else if constexpr (std::is_same_v<S, double>)
    return __builtin_floor(x);
  else
    return __builtin_floorl(x);
}
template <std::floating_point S>
PREFOPT_HOST_DEVICE S sin(S x) {
  if constexpr (std::is_same_v<S, float>)
    return __builtin_sinf(x);
  else if constexpr (std::is_same_v<S, double>)
    return __builtin_sin(x);
  else
    return __builtin_sinl(x);
}
template <std::floating_point S>
PREFOPT_HOST_DEVICE S cos(S x) {
  if constexpr (std::is_same_v<S, float>)
    return __builtin_cosf(x);
  else if constexpr (std::is_same_v<S, double>)
    return __builtin_cos(x);
  else
    return __builtin_cosl(x);
}
template <std::floating_point S>
PREFOPT_HOST_DEVICE S pow(S x, std::type_identity_t<S> y) {
  if constexpr (std::is_same_v<S, float>)
    return __builtin_powf(x, y);
  else if constexpr (std::is_same_v<S, double>)
    return __builtin_pow(x, y);
  else
    return __builtin_powl(x, y);
}

/// log1p(x) for 0 ≤ x ≤ 1, such as e^−|y|: what packs have a shorter way for.
template <std::floating_point S>
PREFOPT_HOST_DEVICE S log1p_unit(S x) {
  return log1p(x);
}
/// 1 / x.
template <std::floating_point S>
PREFOPT_HOST_DEVICE constexpr S reciprocal(S x) {
  return 1 / x;
}
/// a b + c, rounded once where the machine does that as fast as a product.
template <std::floating_point S>
PREFOPT_HOST_DEVICE constexpr S multiply_add(S a, std::type_identity_t<S> b, std::type_identity_t<S> c) {
  return a * b + c;
}

/// `mask ? yes : no`, for every number and every mask. Both sides are computed: select, never multiply by a
/// mask.
template <class S>
  requires std::floating_point<S>
PREFOPT_HOST_DEVICE constexpr S select(bool mask, S yes, std::type_identity_t<S> no) {
  return mask ? yes : no;
}

/// The same value, whose derivative is zero: what the gradient must not see through.
template <std::floating_point S>
PREFOPT_HOST_DEVICE constexpr S constant(S x) {
  return x;
}

PREFOPT_ANYWHERE constexpr bool any(bool mask) { return mask; }
PREFOPT_ANYWHERE constexpr bool all(bool mask) { return mask; }

/// One lane of a number, and of a mask.
template <std::floating_point S>
PREFOPT_HOST_DEVICE constexpr S lane(S x, int) {
  return x;
}
template <std::floating_point S>
PREFOPT_HOST_DEVICE constexpr void set_lane(S& x, int, std::type_identity_t<S> value) {
  x = value;
}
PREFOPT_ANYWHERE constexpr bool lane(bool mask, int) { return mask; }
PREFOPT_ANYWHERE constexpr void set_lane(bool& mask, int, bool value) { mask = value; }

namespace detail {
inline constexpr double infinity = std::numeric_limits<double>::infinity();
}

/// How many lanes a number has.
template <class T>
inline constexpr int lane_count = 1;

}  // namespace prefopt
