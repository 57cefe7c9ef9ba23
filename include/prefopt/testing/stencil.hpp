#pragma once

#include <array>
#include <type_traits>

#include <prefopt/numeric.hpp>

namespace prefopt::testing {

/// A function's value at a point and at six points around it: a number that differentiates by central
/// differences (sixth order), and so shares no derivative rule with `dual`. Comparisons look at the point
/// itself, and `constant` stays there: what an objective holds constant under the gradient does not move.
template <class T>
class stencil {
 public:
  using mask = mask_t<T>;
  static constexpr int directions = 1;
  /// For `long double`: truncation ~ h⁶ and rounding ~ ε / h are both near 1e-16.
  static constexpr double step = 1e-3;

  stencil() = default;
  stencil(T x) { at_.fill(x); }
  template <class Number>
    requires(std::is_arithmetic_v<Number> && !std::is_same_v<Number, T>)
  stencil(Number x) : stencil(T(static_cast<scalar_t<T>>(x))) {}

  static stencil variable(T x, int) {
    stencil result(x);
    for (int i = 1; i <= 3; ++i) {
      result.at_[static_cast<std::size_t>(2 * i - 1)] = x - T(static_cast<scalar_t<T>>(i * step));
      result.at_[static_cast<std::size_t>(2 * i)] = x + T(static_cast<scalar_t<T>>(i * step));
    }
    return result;
  }

  friend stencil operator+(const stencil& a, const stencil& b) {
    return map([](const T& x, const T& y) { return x + y; }, a, b);
  }
  friend stencil operator-(const stencil& a, const stencil& b) {
    return map([](const T& x, const T& y) { return x - y; }, a, b);
  }
  friend stencil operator*(const stencil& a, const stencil& b) {
    return map([](const T& x, const T& y) { return x * y; }, a, b);
  }
  friend stencil operator/(const stencil& a, const stencil& b) {
    return map([](const T& x, const T& y) { return x / y; }, a, b);
  }
  friend stencil operator-(const stencil& a) {
    return map([](const T& x) { return -x; }, a);
  }

  friend mask operator<(const stencil& a, const stencil& b) { return primal(a) < primal(b); }
  friend mask operator<=(const stencil& a, const stencil& b) { return primal(a) <= primal(b); }
  friend mask operator>(const stencil& a, const stencil& b) { return primal(a) > primal(b); }
  friend mask operator>=(const stencil& a, const stencil& b) { return primal(a) >= primal(b); }
  friend mask operator==(const stencil& a, const stencil& b) { return primal(a) == primal(b); }

  friend stencil select(mask m, const stencil& yes, const stencil& no) {
    return map([m](const T& x, const T& y) { return select(m, x, y); }, yes, no);
  }
  friend stencil constant(const stencil& a) { return stencil(primal(a)); }

  friend stencil exp(const stencil& a) {
    return map([](const T& x) { return prefopt::exp(x); }, a);
  }
  friend stencil expm1(const stencil& a) {
    return map([](const T& x) { return prefopt::expm1(x); }, a);
  }
  friend stencil log(const stencil& a) {
    return map([](const T& x) { return prefopt::log(x); }, a);
  }
  friend stencil log1p(const stencil& a) {
    return map([](const T& x) { return prefopt::log1p(x); }, a);
  }

  friend const T& primal(const stencil& a) { return a.at_[0]; }
  friend T slope(const stencil& a, int) {
    const auto difference = [&](std::size_t i) { return a.at_[2 * i] - a.at_[2 * i - 1]; };
    return (T(45) * difference(1) - T(9) * difference(2) + difference(3)) /
           T(static_cast<scalar_t<T>>(60 * step));
  }
  friend scalar_t<T> lane(const stencil& a, int i) { return lane(a.at_[0], i); }
  friend void set_lane(stencil& a, int i, scalar_t<T> value) {
    for (T& x : a.at_) set_lane(x, i, value);
  }

 private:
  template <class Function, class... Stencils>
  static stencil map(const Function& f, const Stencils&... arguments) {
    stencil result;
    for (std::size_t i = 0; i < result.at_.size(); ++i) result.at_[i] = f(arguments.at_[i]...);
    return result;
  }

  std::array<T, 7> at_;  ///< x, x − h, x + h, x − 2h, x + 2h, x − 3h, x + 3h
};

}  // namespace prefopt::testing

template <class T>
struct prefopt::number_traits<prefopt::testing::stencil<T>> {
  using scalar = prefopt::scalar_t<T>;
  using mask = prefopt::mask_t<T>;
};
template <class T>
inline constexpr int prefopt::lane_count<prefopt::testing::stencil<T>> = prefopt::lane_count<T>;
