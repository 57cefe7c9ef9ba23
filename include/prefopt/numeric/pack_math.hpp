#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include <prefopt/host_device.hpp>
#include <prefopt/numeric/pack.hpp>

/// \file
/// exp, expm1, log, log1p and the reciprocal for lane packs of float and double, right over the whole range:
/// infinities, NaN, denormals and what rounds to them included. Largest errors against long double, which
/// tests/numeric/pack_math_test.cpp holds them to, for every instruction set (with fused multiply-adds it is
/// 0.9, 1.5, 1.3, 1.2 and 0.6):
///
///     exp 1.2 ulp · expm1 2 ulp · log, log1p 1.3 ulp · log1p_unit 1.6 ulp · reciprocal 2 ulp
///
/// The reductions are fdlibm's (Sun Microsystems, 1993): x = n ln 2 + r for exp, x = 2^k (1 + f) for log. The
/// polynomials are minimax in relative error. Everything is inlined: a call would cost as much as the work.

namespace prefopt {
namespace detail {

template <class Scalar>
struct float_constants;

template <>
struct float_constants<float> {
  static constexpr int mantissa_bits = 23, exponent_bias = 127;
  static constexpr float ln2_high = 6.9313812256e-01f, ln2_low = 9.0580006145e-06f, log2_e = 1.44269504f;
  static constexpr float exp_overflow = 89.0f, exp_underflow = -104.0f;
  /// (e^r − 1 − r) / r² on |r| ≤ ln 2 / 2, highest power first, to 2^−28 of e^r. The degree in all is even:
  /// then the sum stays above 0 wherever it is evaluated.
  static constexpr float exp_tail[] = {1.382097485e-03f, 8.368684910e-03f, 4.166826606e-02f, 1.666652113e-01f,
                                       4.999999404e-01f};
  /// (log(1 + f) − f) / f² on [−0.25, 0.5], to 2^−27 of the logarithm.
  static constexpr float log_tail[] = {-4.515228420e-02f, 1.047255173e-01f,  -1.316393614e-01f,
                                       1.447762996e-01f,  -1.664687842e-01f, 1.999084800e-01f,
                                       -2.500011027e-01f, 3.333345056e-01f,  -0.5f};
  /// The same on [0, 1].
  static constexpr float log1p_unit_tail[] = {-3.290468594e-03f, 2.008624189e-02f,  -5.745723099e-02f,
                                              1.066112816e-01f,  -1.534488052e-01f, 1.969210207e-01f,
                                              -2.495801896e-01f, 3.333046436e-01f,  -4.999993145e-01f};
};

template <>
struct float_constants<double> {
  static constexpr int mantissa_bits = 52, exponent_bias = 1023;
  static constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
  static constexpr double log2_e = 1.44269504088896338700;
  static constexpr double exp_overflow = 710.0, exp_underflow = -746.0;
  /// As above, to 2^−60.
  static constexpr double exp_tail[] = {0x1.1e3d05f9f3ffep-29,
                                        0x1.af6c1dbceb493p-26,
                                        0x1.27e5b493df397p-22,
                                        0x1.71ddf0027e94ep-19,
                                        0x1.a01a01364dbc9p-16,
                                        0x1.a01a01b38a18ep-13,
                                        0x1.6c16c16c305dep-10,
                                        0x1.111111110ec3fp-7,
                                        0x1.5555555555503p-5,
                                        0x1.555555555555bp-3,
                                        0.5};
  /// (log((1 + s) / (1 − s)) − 2s) / s³ in powers of s², on |s| ≤ 0.2, to 2^−55.9 of the logarithm.
  static constexpr double log_tail[] = {1.53678234484844800090e-01, 1.52502448663848239052e-01,
                                        1.81863527309764128059e-01, 2.22221385981969582479e-01,
                                        2.85714293938847840870e-01, 3.99999999961710206442e-01,
                                        6.66666666666726914769e-01};
};

template <class Scalar, int Width, std::size_t Count, std::size_t... Index>
[[gnu::always_inline]] inline pack<Scalar, Width> polynomial(pack<Scalar, Width> x,
                                                             const Scalar (&highest_first)[Count],
                                                             std::index_sequence<Index...>) {
  pack<Scalar, Width> value = highest_first[0];
  ((value = multiply_add(value, x, highest_first[Index + 1])), ...);
  return value;
}
template <class Scalar, int Width, std::size_t Count>
[[gnu::always_inline]] inline pack<Scalar, Width> polynomial(pack<Scalar, Width> x,
                                                             const Scalar (&highest_first)[Count]) {
  return polynomial(x, highest_first, std::make_index_sequence<Count - 1>());
}

/// Nine coefficients in half as many steps one after the other (Estrin's scheme): for a logarithm once a row, which the
/// rest of the row waits for.
template <class Scalar, int Width>
[[gnu::always_inline]] inline pack<Scalar, Width> short_chain_polynomial(pack<Scalar, Width> x,
                                                                         const Scalar (&c)[9]) {
  using number = pack<Scalar, Width>;
  const number x2 = x * x, x4 = x2 * x2;
  const number high =
      multiply_add(multiply_add(number(c[0]), x, c[1]), x2, multiply_add(number(c[2]), x, c[3]));
  const number low =
      multiply_add(multiply_add(number(c[4]), x, c[5]), x2, multiply_add(number(c[6]), x, c[7]));
  return multiply_add(multiply_add(high, x4, low), x, c[8]);
}

/// The integer lanes that go with a pack, and the narrow ones that every instruction set converts from.
template <class Scalar, int Width>
struct pack_integers {
  using wide = typename pack_mask<Scalar, Width>::native;
  /// Bit patterns: they must be able to wrap around.
  typedef std::make_unsigned_t<integer_like<Scalar>> pattern
      __attribute__((vector_size(Width * sizeof(Scalar))));
  typedef std::int32_t narrow __attribute__((vector_size(Width * sizeof(std::int32_t))));
  using native = typename pack<Scalar, Width>::native;

  static native to_float(wide n) {
    return __builtin_convertvector(__builtin_convertvector(n, narrow), native);
  }
};

/// e^x = 2^n (1 + r + r² tail) with |r| ≤ ln 2 / 2 where the result is finite.
template <class Scalar, int Width>
struct exp_parts {
  using number = pack<Scalar, Width>;
  using native = typename number::native;
  using pattern = typename pack_integers<Scalar, Width>::pattern;
  using constants = float_constants<Scalar>;
  using machine = instructions<Scalar, Width>;

  number r, tail, whole, rounded;

  [[gnu::always_inline]] explicit exp_parts(number x) {
    // Where the scaling saturates by itself, an x too large is as good as any.
    if constexpr (!machine::exponents) x = min(x, constants::exp_overflow);
    x = max(x, constants::exp_underflow);
    // Adding 1.5 · 2^mantissa rounds to an integer and leaves it in the lowest bits. A conversion would do
    // the same, but of NaN it is undefined.
    constexpr Scalar rounder =
        Scalar(std::int64_t{3} << (constants::mantissa_bits - 1)) + 2 * constants::exponent_bias;
    rounded = multiply_add(x, constants::log2_e, rounder);
    whole = rounded - rounder;
    r = multiply_add(whole, -constants::ln2_low, multiply_add(whole, -constants::ln2_high, x));
    tail = polynomial(r, constants::exp_tail);
  }

  /// 2^n y, rounded once.
  [[gnu::always_inline]] number scale(number y) const {
    if constexpr (machine::exponents) {
      return {machine::scale(y.lanes, whole.lanes)};
    } else {
      // In two steps, so that neither factor overflows. The lowest bits of `rounded` are n + 2 bias, and what
      // lies above them and the exponent is shifted out.
      const auto bits = std::bit_cast<pattern>(rounded.lanes), half = bits >> 1;
      const auto first = half << constants::mantissa_bits, second = (bits - half) << constants::mantissa_bits;
      return {y.lanes * std::bit_cast<native>(first) * std::bit_cast<native>(second)};
    }
  }
};

/// log(2^k (1 + f)) for f in [−0.25, 0.5].
template <class Scalar, int Width>
[[gnu::always_inline]] inline pack<Scalar, Width> log_of_parts(pack<Scalar, Width> k, pack<Scalar, Width> f) {
  using constants = float_constants<Scalar>;
  if constexpr (std::is_same_v<Scalar, float>) {
    const auto value = multiply_add(f * f, short_chain_polynomial(f, constants::log_tail), f);
    return multiply_add(k, constants::ln2_high + constants::ln2_low, value);
  } else {
    const auto s = f / (2 + f), z = s * s, half_square = Scalar(0.5) * f * f;
    const auto tail = s * multiply_add(z, polynomial(z, constants::log_tail), half_square);
    return multiply_add(k, constants::ln2_high, multiply_add(k, constants::ln2_low, tail) - half_square + f);
  }
}

/// u = 2^k m with m in [0.75, 1.5), for u > 0 that is normal or infinite.
template <class Scalar, int Width>
struct log_parts {
  using number = pack<Scalar, Width>;
  using native = typename number::native;
  using integers = pack_integers<Scalar, Width>;
  using unsigned_bits = std::make_unsigned_t<integer_like<Scalar>>;
  static constexpr int mantissa_bits = float_constants<Scalar>::mantissa_bits;

  number k, m;
  typename integers::pattern exponent;  ///< k where a number has its exponent

  [[gnu::always_inline]] explicit log_parts(number u) {
    constexpr auto least = std::bit_cast<unsigned_bits>(Scalar(0.75));
    constexpr unsigned_bits mantissa = (unsigned_bits{1} << mantissa_bits) - 1;
    const auto bits = std::bit_cast<typename integers::pattern>(u.lanes);
    exponent = (bits - least) & ~mantissa;
    m = number(std::bit_cast<native>(bits - exponent));
    k = number(integers::to_float(std::bit_cast<typename integers::wide>(exponent) >> mantissa_bits));
  }

  /// 2^−k, rounded to 0 for the largest k. By way of 2^(1 − k), which never leaves the range of exponents.
  [[gnu::always_inline]] number inverse_scale() const {
    return number(std::bit_cast<native>(std::bit_cast<unsigned_bits>(Scalar(2)) - exponent)) * Scalar(0.5);
  }
};

/// `value` for finite positive u; log's values for 0, +inf, negative numbers and NaN.
template <class Scalar, int Width>
[[gnu::always_inline]] inline pack<Scalar, Width> log_edges(pack<Scalar, Width> u,
                                                            pack<Scalar, Width> value) {
  using number = pack<Scalar, Width>;
  constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
  value = select(u == infinity, number(infinity), value);
  value = select(u == 0, number(-infinity), value);
  return select(u >= 0, value, number(std::numeric_limits<Scalar>::quiet_NaN()));
}

/// 1 / x from an estimate of it, with twice its digits. An estimate of 0 or infinity has the error NaN or −inf, and
/// is right.
template <class Scalar, int Width>
[[gnu::always_inline]] inline pack<Scalar, Width> newton_step(pack<Scalar, Width> x,
                                                              pack<Scalar, Width> estimate) {
  const auto error = multiply_add(-x, estimate, 1);
  return select(error > -1, multiply_add(estimate, error, estimate), estimate);
}

}  // namespace detail

/// One lane leaves the work to the standard library.
template <class Scalar>
PREFOPT_HOST_DEVICE pack<Scalar, 1> exp(pack<Scalar, 1> x) {
  return prefopt::exp(x.lanes);
}
template <class Scalar>
PREFOPT_HOST_DEVICE pack<Scalar, 1> expm1(pack<Scalar, 1> x) {
  return prefopt::expm1(x.lanes);
}
template <class Scalar>
PREFOPT_HOST_DEVICE pack<Scalar, 1> log(pack<Scalar, 1> x) {
  return prefopt::log(x.lanes);
}
template <class Scalar>
PREFOPT_HOST_DEVICE pack<Scalar, 1> log1p(pack<Scalar, 1> x) {
  return prefopt::log1p(x.lanes);
}
template <class Scalar>
PREFOPT_HOST_DEVICE pack<Scalar, 1> log1p_unit(pack<Scalar, 1> x) {
  return prefopt::log1p(x.lanes);
}
template <class Scalar>
PREFOPT_HOST_DEVICE pack<Scalar, 1> reciprocal(pack<Scalar, 1> x) {
  return 1 / x.lanes;
}

template <class Scalar, int Width>
[[gnu::always_inline]] inline pack<Scalar, Width> exp(pack<Scalar, Width> x) {
  const detail::exp_parts<Scalar, Width> parts(x);
  return parts.scale(multiply_add(multiply_add(parts.tail, parts.r, 1), parts.r, 1));
}

template <class Scalar, int Width>
[[gnu::always_inline]] inline pack<Scalar, Width> expm1(pack<Scalar, Width> x) {
  using number = pack<Scalar, Width>;
  const detail::exp_parts<Scalar, Width> parts(x);
  const number rest = multiply_add(parts.r * parts.r, parts.tail, parts.r);
  const number difference = parts.scale(rest) + (parts.scale(number(1)) - 1);
  return select(x > detail::float_constants<Scalar>::exp_overflow - 2, parts.scale(1 + rest), difference);
}

template <class Scalar, int Width>
[[gnu::always_inline]] inline pack<Scalar, Width> log(pack<Scalar, Width> x) {
  using number = pack<Scalar, Width>;
  using machine = detail::instructions<Scalar, Width>;
  if constexpr (machine::exponents) {
    const number m{machine::mantissa(x.lanes)};
    return detail::log_of_parts(number(machine::exponent(x.lanes)) - number(machine::exponent(m.lanes)),
                                m - 1);
  } else {
    constexpr int bits = detail::float_constants<Scalar>::mantissa_bits;
    const auto denormal = x < std::numeric_limits<Scalar>::min();
    const detail::log_parts<Scalar, Width> parts(select(denormal, x * Scalar(std::int64_t{1} << bits), x));
    const number shift = select(denormal, number(-bits), number(0));
    return detail::log_edges(x, detail::log_of_parts(parts.k + shift, parts.m - 1));
  }
}

/// log(1 + x): k from 1 + x as it is rounded, then f = (1 + x) / 2^k − 1 with a rounding of its own.
template <class Scalar, int Width>
[[gnu::always_inline]] inline pack<Scalar, Width> log1p(pack<Scalar, Width> x) {
  using number = pack<Scalar, Width>;
  using machine = detail::instructions<Scalar, Width>;
  const number u = 1 + x;
  if constexpr (machine::exponents) {
    // k − 1 is the exponent of 2/3 u: so 2^k lies in the middle, and the largest u does not overflow.
    const number minus_k = -1 - number(machine::exponent((u * Scalar(2.0 / 3)).lanes));
    const number inverse_scale(machine::scale(number(1).lanes, minus_k.lanes));
    const number f = multiply_add(x, inverse_scale, inverse_scale - 1);
    return {machine::log_edges(u.lanes, detail::log_of_parts(-minus_k, f).lanes)};
  } else {
    // What 1 + x lost to rounding is exact, and is added where it is not lost; for large x there is nothing.
    const detail::log_parts<Scalar, Width> parts(u);
    const number lost = x - (u - 1);
    const number f = multiply_add(lost, parts.inverse_scale(), parts.m - 1);
    return detail::log_edges(u, detail::log_of_parts(parts.k, f));
  }
}

template <class Scalar, int Width>
[[gnu::always_inline]] inline pack<Scalar, Width> log1p_unit(pack<Scalar, Width> x) {
  if constexpr (std::is_same_v<Scalar, float>) {
    return multiply_add(
        x * x, detail::short_chain_polynomial(x, detail::float_constants<float>::log1p_unit_tail), x);
  } else {
    using number = pack<Scalar, Width>;
    const auto low = x < Scalar(0.5);
    return detail::log_of_parts(select(low, number(0), number(1)),
                                select(low, x, Scalar(0.5) * x - Scalar(0.5)));
  }
}

/// 1 / x, infinite for 0 and for what overflows, 0 for infinity.
template <class Scalar, int Width>
[[gnu::always_inline]] inline pack<Scalar, Width> reciprocal(pack<Scalar, Width> x) {
  using number = pack<Scalar, Width>;
  using machine = detail::instructions<Scalar, Width>;
  if constexpr (machine::exponents) {
    const number y = detail::newton_step(x, number(machine::inverse_estimate(x.lanes)));
    return std::is_same_v<Scalar, float> ? y : detail::newton_step(x, y);
  } else {
    return 1 / x;
  }
}

}  // namespace prefopt
