#pragma once

#include <array>
#include <concepts>
#include <type_traits>

#include <prefopt/numeric/scalar.hpp>

/// \file
/// A forward-mode dual number: a value and its derivatives in `Directions` directions, carried exactly
/// through every operation of the vocabulary. It proves closed-form gradients, and supplies those that nobody
/// wrote.

namespace prefopt {

/// \tparam T a plain scalar or a lane pack
template <class T, int Directions = 1>
struct dual {
  using derivatives = std::array<T, Directions>;
  using mask = mask_t<T>;
  static constexpr int directions = Directions;

  T value;
  derivatives slopes;

  dual() = default;
  dual(T x) : value(x), slopes{} { slopes.fill(T(0)); }
  template <class Number>
    requires(std::is_arithmetic_v<Number> && !std::is_same_v<Number, T>)
  dual(Number x) : dual(T(static_cast<scalar_t<T>>(x))) {}
  dual(T x, const derivatives& d) : value(x), slopes(d) {}

  /// The variable of direction `i`: derivative one there and zero elsewhere.
  static dual variable(T x, int i) {
    dual result(x);
    result.slopes[static_cast<std::size_t>(i)] = T(1);
    return result;
  }

  /// `y = f(x)` with `slope = f'(x)`.
  friend dual chain(T y, T slope, const dual& x) {
    dual result(y);
    for (std::size_t i = 0; i < Directions; ++i) result.slopes[i] = slope * x.slopes[i];
    return result;
  }
  /// `z = f(x, y)` with the partial derivatives `dx` and `dy`.
  friend dual chain(T z, T dx, const dual& x, T dy, const dual& y) {
    dual result(z);
    for (std::size_t i = 0; i < Directions; ++i) result.slopes[i] = dx * x.slopes[i] + dy * y.slopes[i];
    return result;
  }

  friend dual operator+(const dual& a, const dual& b) { return chain(a.value + b.value, T(1), a, T(1), b); }
  friend dual operator-(const dual& a, const dual& b) { return chain(a.value - b.value, T(1), a, T(-1), b); }
  friend dual operator*(const dual& a, const dual& b) {
    return chain(a.value * b.value, b.value, a, a.value, b);
  }
  friend dual operator/(const dual& a, const dual& b) {
    const T inverse = T(1) / b.value, ratio = a.value / b.value;
    return chain(ratio, inverse, a, -ratio * inverse, b);
  }
  friend dual operator-(const dual& a) { return chain(-a.value, T(-1), a); }
  friend dual multiply_add(const dual& a, const dual& b, const dual& c) {
    dual result(multiply_add(a.value, b.value, c.value));
    for (std::size_t i = 0; i < Directions; ++i)
      result.slopes[i] = multiply_add(a.value, b.slopes[i], multiply_add(b.value, a.slopes[i], c.slopes[i]));
    return result;
  }

  friend mask operator<(const dual& a, const dual& b) { return a.value < b.value; }
  friend mask operator<=(const dual& a, const dual& b) { return a.value <= b.value; }
  friend mask operator>(const dual& a, const dual& b) { return a.value > b.value; }
  friend mask operator>=(const dual& a, const dual& b) { return a.value >= b.value; }
  friend mask operator==(const dual& a, const dual& b) { return a.value == b.value; }

  friend dual select(mask m, const dual& yes, const dual& no) {
    dual result(select(m, yes.value, no.value));
    for (std::size_t i = 0; i < Directions; ++i) result.slopes[i] = select(m, yes.slopes[i], no.slopes[i]);
    return result;
  }
  /// A mask that is the same for all lanes.
  template <std::same_as<bool> Mask>
    requires(!std::is_same_v<Mask, mask>)
  friend dual select(Mask m, const dual& yes, const dual& no) {
    return m ? yes : no;
  }
  friend dual constant(const dual& x) { return dual(x.value); }
};

template <class T, int Directions>
struct number_traits<dual<T, Directions>> {
  using scalar = scalar_t<T>;
  using mask = mask_t<T>;
};

template <class T, int Directions>
inline constexpr int lane_count<dual<T, Directions>> = lane_count<T>;

/// The value of a number that differentiates, and its derivative in direction `i`.
template <class T, int Directions>
const T& primal(const dual<T, Directions>& x) {
  return x.value;
}
template <class T, int Directions>
const T& slope(const dual<T, Directions>& x, int i) {
  return x.slopes[static_cast<std::size_t>(i)];
}

template <class T, int Directions>
scalar_t<T> lane(const dual<T, Directions>& x, int i) {
  return lane(x.value, i);
}
/// Sets the value; the derivative of what is set from outside is zero.
template <class T, int Directions>
void set_lane(dual<T, Directions>& x, int i, std::type_identity_t<scalar_t<T>> value) {
  set_lane(x.value, i, value);
  for (T& slope : x.slopes) set_lane(slope, i, 0);
}

template <class T, int Directions>
dual<T, Directions> exp(const dual<T, Directions>& x) {
  const T y = exp(x.value);
  return chain(y, y, x);
}
template <class T, int Directions>
dual<T, Directions> expm1(const dual<T, Directions>& x) {
  const T y = expm1(x.value);
  return chain(y, y + T(1), x);
}
template <class T, int Directions>
dual<T, Directions> log(const dual<T, Directions>& x) {
  return chain(log(x.value), T(1) / x.value, x);
}
template <class T, int Directions>
dual<T, Directions> log1p(const dual<T, Directions>& x) {
  return chain(log1p(x.value), reciprocal(T(1) + x.value), x);
}
template <class T, int Directions>
dual<T, Directions> log1p_unit(const dual<T, Directions>& x) {
  return chain(log1p_unit(x.value), reciprocal(T(1) + x.value), x);
}
template <class T, int Directions>
dual<T, Directions> reciprocal(const dual<T, Directions>& x) {
  const T y = reciprocal(x.value);
  return chain(y, -y * y, x);
}

}  // namespace prefopt
