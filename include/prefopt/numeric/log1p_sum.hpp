#pragma once

#include <bit>

#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>
#include <prefopt/numeric/pack_math.hpp>

namespace prefopt {
namespace detail {

/// x = m 2^exponent with 1 ≤ m < 2, for normal x > 0: the exponent, and 2^−exponent.
template <class T>
struct binade {
  T exponent, inverse;
};
template <class Scalar, int Width>
  requires(Width > 1)
binade<pack<Scalar, Width>> binade_of(pack<Scalar, Width> x) {
  using constants = float_constants<Scalar>;
  using integers = pack_integers<Scalar, Width>;
  constexpr int bits = constants::mantissa_bits, bias = constants::exponent_bias;
  const auto biased = std::bit_cast<typename integers::wide>(x.lanes) >> bits;
  return {integers::to_float(biased - bias),
          std::bit_cast<typename integers::native>((2 * bias - biased) << bits)};
}

}  // namespace detail

/// Σ log(1 + x) for one logarithm in all: that of the product, kept as Π(1 + x) − 1 so that tiny terms keep their
/// digits. Room for `capacity` terms between two calls of `flush`.
template <class T>
class log1p_sum {
 public:
  static constexpr int capacity = 64;

  /// 0 ≤ x ≤ 1.
  PREFOPT_ANYWHERE void add(T x) { excess_ = multiply_add(excess_, x, excess_ + x); }
  /// 0 ≤ x < ∞.
  PREFOPT_ANYWHERE void add_large(T x) {
    if constexpr (requires { detail::binade_of(x); }) {
      const auto parts = detail::binade_of(1 + x);
      add(multiply_add(x, parts.inverse, parts.inverse - 1));
      exponents_ = exponents_ + parts.exponent;
    } else {
      flushed_ = flushed_ + log1p(x);
    }
  }
  /// Two terms whose product is finite.
  PREFOPT_ANYWHERE void add_large(T x, T y) { add_large(multiply_add(x, y, x + y)); }
  /// The terms of another sum; both together within the capacity.
  PREFOPT_ANYWHERE void add(const log1p_sum& other) {
    add(other.excess_);
    exponents_ = exponents_ + other.exponents_;
    flushed_ = flushed_ + other.flushed_;
  }
  PREFOPT_ANYWHERE void flush() {
    flushed_ = flushed_ + log1p(excess_);
    excess_ = T(0);
  }
  PREFOPT_ANYWHERE T value() const {
    constexpr auto ln2 = static_cast<scalar_t<T>>(0.693147180559945309417L);
    return flushed_ + (log1p(excess_) + exponents_ * T(ln2));
  }

 private:
  T excess_{0};     ///< Π(1 + x) − 1 over the terms, each without its power of two, since the last flush
  T exponents_{0};  ///< Σ of those powers' exponents
  T flushed_{0};
};

}  // namespace prefopt
