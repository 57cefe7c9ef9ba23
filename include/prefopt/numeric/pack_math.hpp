#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <prefopt/numeric/pack.hpp>

/// \file
/// exp, expm1, log and log1p for lane packs of float and double: within a few units in the last place of the
/// true value over the whole range, infinities, NaN and denormals included (tests/numeric/pack_math_test.cpp
/// holds them to it). The reductions are fdlibm's (Sun Microsystems, 1993): x = n ln 2 + r for exp, x = 2^k m
/// for log.

namespace prefopt {
namespace detail {

template <class Scalar>
struct float_constants;

template <>
struct float_constants<float> {
  static constexpr int mantissa_bits = 23, exponent_bias = 127;
  static constexpr float ln2_high = 6.9313812256e-01f, ln2_low = 9.0580006145e-06f, log2_e = 1.44269504f;
  static constexpr float exp_overflow = 89.0f, exp_underflow = -104.0f, rounder = 0x1.8p23f;
  static constexpr std::int32_t sqrt_half_bits = 0x3f3504f3, one_bits = 0x3f800000;
  /// (e^r − 1 − r) / r² on |r| ≤ ln 2 / 2, highest power first (Cephes expf).
  static constexpr float exp_tail[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                                       4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
  /// (log((1 + s) / (1 − s)) − 2s) / s³ in powers of s², highest first (FreeBSD e_logf.c).
  static constexpr float log_tail[] = {0xf89e26.0p-26f, 0x91e9ee.0p-25f, 0xccce13.0p-25f, 0xaaaaaa.0p-24f};
};

template <>
struct float_constants<double> {
  static constexpr int mantissa_bits = 52, exponent_bias = 1023;
  static constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
  static constexpr double log2_e = 1.44269504088896338700;
  static constexpr double exp_overflow = 710.0, exp_underflow = -746.0, rounder = 0x1.8p52;
  static constexpr std::int64_t sqrt_half_bits = 0x3fe6a09e00000000, one_bits = 0x3ff0000000000000;
  /// 1/13!, ..., 1/2!: the Taylor polynomial is exact to 4e-18 on |r| ≤ ln 2 / 2.
  static constexpr double exp_tail[] = {1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                                        1.0 / 362880,     1.0 / 40320,     1.0 / 5040,     1.0 / 720,
                                        1.0 / 120,        1.0 / 24,        1.0 / 6,        1.0 / 2};
  /// As above (FreeBSD e_log.c).
  static constexpr double log_tail[] = {
      1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
      2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01};
};

template <class Number, class Scalar, std::size_t Count>
Number polynomial(Number x, const Scalar (&highest_first)[Count]) {
  Number value = highest_first[0];
  for (std::size_t i = 1; i < Count; ++i) value = value * x + highest_first[i];
  return value;
}

/// The integer lanes that go with a pack, and the narrow ones that every instruction set converts from.
template <class Scalar, int Width>
struct pack_integers {
  using wide = typename pack_mask<Scalar, Width>::native;
  /// Bit patterns: NaN's must be able to wrap around.
  typedef std::make_unsigned_t<integer_like<Scalar>> pattern
      __attribute__((vector_size(Width * sizeof(Scalar))));
  typedef std::int32_t narrow __attribute__((vector_size(Width * sizeof(std::int32_t))));
  using native = typename pack<Scalar, Width>::native;

  static native to_float(wide n) {
    return __builtin_convertvector(__builtin_convertvector(n, narrow), native);
  }
  /// 2^n for a normal result.
  static native power_of_two(wide n) {
    using constants = float_constants<Scalar>;
    return std::bit_cast<native>((n + constants::exponent_bias) << constants::mantissa_bits);
  }
};

/// e^x = 2^n (1 + tail) with |log(1 + tail)| ≤ ln 2 / 2.
template <class Scalar, int Width>
struct exp_parts {
  typename pack_integers<Scalar, Width>::wide n;
  pack<Scalar, Width> tail;

  explicit exp_parts(pack<Scalar, Width> x) {
    using constants = float_constants<Scalar>;
    using integers = pack_integers<Scalar, Width>;
    x = select(x > constants::exp_overflow, pack<Scalar, Width>(constants::exp_overflow), x);
    x = select(x < constants::exp_underflow, pack<Scalar, Width>(constants::exp_underflow), x);
    // Adding 1.5 · 2^mantissa rounds to an integer and leaves it in the lowest bits. A conversion would do
    // the same, but of NaN it is undefined.
    const pack<Scalar, Width> rounder(constants::rounder), rounded = x * constants::log2_e + rounder;
    const auto whole = rounded - rounder;
    using wide = typename integers::wide;
    n = std::bit_cast<wide>(rounded.lanes) - std::bit_cast<wide>(rounder.lanes);
    const auto r = x - whole * constants::ln2_high - whole * constants::ln2_low;
    tail = r + r * r * polynomial(r, constants::exp_tail);
  }

  /// 2^n y in two steps, so that results near both ends of the range are right.
  pack<Scalar, Width> scale(pack<Scalar, Width> y) const {
    using integers = pack_integers<Scalar, Width>;
    const auto half = n >> 1;
    return {y.lanes * integers::power_of_two(half) * integers::power_of_two(n - half)};
  }
};

/// log(x) + correction for x ≥ 0; the correction is what 1 + x lost to rounding, over x.
template <class Scalar, int Width>
pack<Scalar, Width> log_corrected(pack<Scalar, Width> x, pack<Scalar, Width> correction) {
  using constants = float_constants<Scalar>;
  using integers = pack_integers<Scalar, Width>;
  using number = pack<Scalar, Width>;
  constexpr Scalar two_to_mantissa = Scalar(std::int64_t{1} << constants::mantissa_bits);

  const auto denormal = x < std::numeric_limits<Scalar>::min();
  const auto normal = select(denormal, x * two_to_mantissa, x);
  const auto shift = select(denormal, number(-constants::mantissa_bits), number(0));

  using unsigned_bits = std::make_unsigned_t<integer_like<Scalar>>;
  constexpr unsigned_bits sqrt_half = constants::sqrt_half_bits;
  constexpr unsigned_bits mantissa = (unsigned_bits{1} << constants::mantissa_bits) - 1;
  auto bits = std::bit_cast<typename integers::pattern>(normal.lanes);
  bits += unsigned_bits{constants::one_bits} - sqrt_half;
  const auto biased_exponent = std::bit_cast<typename integers::wide>(bits >> constants::mantissa_bits);
  const number k = number(integers::to_float(biased_exponent - constants::exponent_bias)) + shift;
  bits = (bits & mantissa) + sqrt_half;

  const number f = number(std::bit_cast<typename integers::native>(bits)) - 1;
  const number s = f / (2 + f), z = s * s, half_square = Scalar(0.5) * f * f;
  const number tail = s * (half_square + z * polynomial(z, constants::log_tail));
  return tail + (k * constants::ln2_low + correction) - half_square + f + k * constants::ln2_high;
}

/// `value` for finite positive u; log's values for 0, +inf, negative numbers and NaN.
template <class Scalar, int Width>
pack<Scalar, Width> log_edges(pack<Scalar, Width> u, pack<Scalar, Width> value) {
  using number = pack<Scalar, Width>;
  constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
  value = select(u == infinity, number(infinity), value);
  value = select(u == 0, number(-infinity), value);
  return select(u >= 0, value, number(std::numeric_limits<Scalar>::quiet_NaN()));
}

}  // namespace detail

/// One lane leaves the work to the standard library.
template <class Scalar>
pack<Scalar, 1> exp(pack<Scalar, 1> x) {
  return std::exp(x.lanes);
}
template <class Scalar>
pack<Scalar, 1> expm1(pack<Scalar, 1> x) {
  return std::expm1(x.lanes);
}
template <class Scalar>
pack<Scalar, 1> log(pack<Scalar, 1> x) {
  return std::log(x.lanes);
}
template <class Scalar>
pack<Scalar, 1> log1p(pack<Scalar, 1> x) {
  return std::log1p(x.lanes);
}

template <class Scalar, int Width>
pack<Scalar, Width> exp(pack<Scalar, Width> x) {
  const detail::exp_parts<Scalar, Width> parts(x);
  return parts.scale(1 + parts.tail);
}

template <class Scalar, int Width>
pack<Scalar, Width> expm1(pack<Scalar, Width> x) {
  using number = pack<Scalar, Width>;
  const detail::exp_parts<Scalar, Width> parts(x);
  const number difference = parts.scale(parts.tail) + (parts.scale(number(1)) - 1);
  return select(x > detail::float_constants<Scalar>::exp_overflow - 2, parts.scale(1 + parts.tail),
                difference);
}

template <class Scalar, int Width>
pack<Scalar, Width> log(pack<Scalar, Width> x) {
  return detail::log_edges(x, detail::log_corrected(x, pack<Scalar, Width>(0)));
}

template <class Scalar, int Width>
pack<Scalar, Width> log1p(pack<Scalar, Width> x) {
  const auto u = 1 + x;
  return detail::log_edges(u, detail::log_corrected(u, (x - (u - 1)) / u));
}

}  // namespace prefopt
