#pragma once

#include <concepts>
#include <limits>
#include <type_traits>

#include <prefopt/host_device.hpp>
#include <prefopt/numeric/dual.hpp>
#include <prefopt/numeric/horizontal.hpp>
#include <prefopt/numeric/pack.hpp>
#include <prefopt/numeric/pack_math.hpp>
#include <prefopt/numeric/scalar.hpp>

/// \file
/// The vocabulary in which every reward, strength, selection and loss is written, once, over a number `T`:
/// `float`, `double`, `long double`, a lane pack, a dual number of any of them (and, outside the core, a
/// tensor).
///
/// Primitives (numeric/): + − * / comparisons, `exp log log1p expm1 log1p_unit reciprocal multiply_add select
/// constant any all`.
/// Here, made of them: the stable forms. They live here and nowhere else: nothing overflows at ±1e4, −inf is
/// a value, NaN comes through. A comparison and the values it guards share one mask, so that derivatives of
/// dual numbers are right on ties.

namespace prefopt {

/// A number a loss can compute with: anything `number_traits` describes, except columns
/// (`prefopt/column.hpp`).
template <class T>
concept number = requires(T x, mask_t<T> m) {
  { select(m, x, x) } -> std::convertible_to<T>;
  { constant(x) } -> std::convertible_to<T>;
  { x + x } -> std::convertible_to<T>;
} && !std::is_integral_v<T>;

// What packs do better; any other number is content with the definition.
PREFOPT_UNCHECKED
template <number T>
  requires(!std::is_floating_point_v<T>)
PREFOPT_HOST_DEVICE T reciprocal(T x) {
  return T(1) / x;
}
PREFOPT_UNCHECKED
template <number T>
  requires(!std::is_floating_point_v<T>)
PREFOPT_HOST_DEVICE T multiply_add(T a, std::type_identity_t<T> b, std::type_identity_t<T> c) {
  return a * b + c;
}
/// log1p on [0, 1].
PREFOPT_UNCHECKED
template <number T>
  requires(!std::is_floating_point_v<T>)
PREFOPT_HOST_DEVICE T log1p_unit(T x) {
  return log1p(x);
}

PREFOPT_UNCHECKED
template <number T>
PREFOPT_HOST_DEVICE T max(T a, std::type_identity_t<T> b) {
  return select(a < b, b, a);
}
PREFOPT_UNCHECKED
template <number T>
PREFOPT_HOST_DEVICE T min(T a, std::type_identity_t<T> b) {
  return select(b < a, b, a);
}
PREFOPT_UNCHECKED
template <number T>
PREFOPT_HOST_DEVICE T abs(T x) {
  return select(x < T(0), -x, x);
}

/// −|x|, where exp cannot overflow.
PREFOPT_UNCHECKED
template <number T>
PREFOPT_HOST_DEVICE T minus_abs(T x) {
  return -abs(x);
}

/// log(1 + eˣ) = max(x, 0) + log1p(e^−|x|). The negative log-likelihood of a logit is `softplus(-logit)`.
PREFOPT_UNCHECKED
template <number T>
PREFOPT_HOST_DEVICE [[gnu::always_inline]] inline T softplus(T x) {
  return max(x, T(0)) + log1p_unit(exp(minus_abs(x)));
}

/// log σ(x) = −softplus(−x).
PREFOPT_UNCHECKED
template <number T>
PREFOPT_HOST_DEVICE [[gnu::always_inline]] inline T log_sigmoid(T x) {
  return -softplus(-x);
}

/// σ(x) = 1 / (1 + e^−x), by the exponential that cannot overflow.
PREFOPT_UNCHECKED
template <number T>
PREFOPT_HOST_DEVICE [[gnu::always_inline]] inline T sigmoid(T x) {
  const auto negative = x < T(0);
  const T decay = exp(minus_abs(x));
  return select(negative, decay, T(1)) * reciprocal(T(1) + decay);
}

/// tanh(x) = −expm1(−2|x|) / (2 + expm1(−2|x|)) with the sign of x.
PREFOPT_UNCHECKED
template <number T>
PREFOPT_HOST_DEVICE T tanh(T x) {
  const auto negative = x < T(0);
  const T falling = minus_abs(x);
  const T decay = expm1(falling + falling);  // not 2 *: the derivative at infinity would be 0 * inf
  const T magnitude = -decay / (T(2) + decay);
  return select(negative, -magnitude, magnitude);
}

/// log(1 − eˣ) for x < 0 (Mächler 2012): −inf at 0, with derivative −inf; NaN above.
PREFOPT_UNCHECKED
template <number T>
PREFOPT_HOST_DEVICE T log1mexp(T x) {
  constexpr auto minus_ln2 = scalar_t<T>(-0.693147180559945309417L);
  return select(x < T(minus_ln2), log1p(-exp(x)), log(T(0) - expm1(x)));
}

/// log(eᵃ + eᵇ); −inf is the neutral element.
PREFOPT_UNCHECKED
template <number T>
PREFOPT_HOST_DEVICE T logaddexp(T a, std::type_identity_t<T> b) {
  const auto smaller = a < b;
  const T top = select(smaller, b, a), bottom = select(smaller, a, b);
  constexpr auto infinity = static_cast<scalar_t<T>>(detail::infinity);
  // Equal infinities would subtract to NaN; equal numbers share the derivative.
  const auto none = bottom == T(-infinity), all = bottom == T(infinity);
  const T gap = select(none | all, T(-infinity), bottom - top);
  return top + log1p_unit(exp(gap));
}

/// log Σ eˣ of numbers that arrive one by one, in one pass: the sum is kept relative to the largest so far.
template <number T>
class streaming_logsumexp {
 public:
  PREFOPT_ANYWHERE void add(T x) {
    const T larger = max(top_, x);
    total_ = total_ * exp(below(larger, top_)) + exp(below(larger, x));
    top_ = larger;
  }
  /// −inf if nothing was added, or only −inf.
  PREFOPT_ANYWHERE T value() const { return top_ + log(total_); }

 private:
  /// x − larger, where an infinity does not differ from itself.
  PREFOPT_ANYWHERE static T below(T larger, T x) {
    const auto infinite = !(larger - larger == T(0)), same = x == larger;
    return select(infinite & same, T(0), x - larger);
  }

  T top_ = T(static_cast<scalar_t<T>>(-detail::infinity));
  T total_ = T(1);  // counts the −inf that the largest starts from: it weighs nothing beside any other number
};

}  // namespace prefopt
