#pragma once

#include <bit>
#include <cstdint>

#include <prefopt/detail/instruction_set.hpp>

/// \file
/// Instructions that compilers do not find by themselves, by name, where the flags of a translation unit promise
/// them; what `written_out` says elsewhere.

namespace prefopt::detail {

template <int Bytes>
struct signed_integer;
template <>
struct signed_integer<4> {
  using type = std::int32_t;
};
template <>
struct signed_integer<8> {
  using type = std::int64_t;
};
template <class Scalar>
using integer_like = typename signed_integer<sizeof(Scalar)>::type;

/// Vectors of `Width` scalars, and of the integers of their size, of which a mask is made.
template <class Scalar, int Width>
struct vectors {
  typedef Scalar numbers __attribute__((vector_size(Width * sizeof(Scalar))));
  typedef integer_like<Scalar> integers __attribute__((vector_size(Width * sizeof(Scalar))));
};

template <class Scalar, int Width>
struct written_out {
  using numbers = typename vectors<Scalar, Width>::numbers;
  using integers = typename vectors<Scalar, Width>::integers;

  /// Whether there are also
  ///     scale(y, n)         y · 2^⌊n⌋, rounded once; 0 and inf for n = ∓inf, even where y is NaN
  ///     exponent(x)         ⌊log2 |x|⌋, of denormals too; ∓inf for 0 and inf
  ///     mantissa(x)         x / 2^k in [0.75, 1.5), 1 for 0 and inf; NaN below 0
  ///     log_edges(u, y)     log's values where u is 0, below 0 or infinite, and y elsewhere
  ///     inverse_estimate(x) 1 / x to 14 bits; inf for 0 and for what overflows, 0 for inf
  static constexpr bool exponents = false;

  /// The larger and the smaller of two numbers: `a` where they are equal or one is NaN.
  static numbers larger(numbers a, numbers b) { return a < b ? b : a; }
  static numbers smaller(numbers a, numbers b) { return b < a ? b : a; }

  static bool any(integers mask) {
    constexpr int count = Width * static_cast<int>(sizeof(Scalar)) / 8;
    struct words {
      std::uint64_t values[count];
    };
    std::uint64_t seen = 0;
    for (const std::uint64_t word : std::bit_cast<words>(mask).values) seen |= word;
    return seen != 0;
  }
};

template <class Scalar, int Width>
struct instructions : written_out<Scalar, Width> {};

// g++ recognises a minimum or maximum only of two variables: of a variable and a constant it makes a comparison
// and a blend.
#if defined(__SSE2__) && !defined(__CUDACC__)
template <>
struct instructions<float, 4> : written_out<float, 4> {
  static numbers larger(numbers a, numbers b) { return __builtin_ia32_maxps(b, a); }
  static numbers smaller(numbers a, numbers b) { return __builtin_ia32_minps(b, a); }
  static bool any(integers mask) { return __builtin_ia32_movmskps(std::bit_cast<numbers>(mask)) != 0; }
};
template <>
struct instructions<double, 2> : written_out<double, 2> {
  static numbers larger(numbers a, numbers b) { return __builtin_ia32_maxpd(b, a); }
  static numbers smaller(numbers a, numbers b) { return __builtin_ia32_minpd(b, a); }
  static bool any(integers mask) { return __builtin_ia32_movmskpd(std::bit_cast<numbers>(mask)) != 0; }
};
#endif

#if defined(__AVX__) && !defined(__CUDACC__)
template <>
struct instructions<float, 8> : written_out<float, 8> {
  static numbers larger(numbers a, numbers b) { return __builtin_ia32_maxps256(b, a); }
  static numbers smaller(numbers a, numbers b) { return __builtin_ia32_minps256(b, a); }
  static bool any(integers mask) { return __builtin_ia32_movmskps256(std::bit_cast<numbers>(mask)) != 0; }
};
template <>
struct instructions<double, 4> : written_out<double, 4> {
  static numbers larger(numbers a, numbers b) { return __builtin_ia32_maxpd256(b, a); }
  static numbers smaller(numbers a, numbers b) { return __builtin_ia32_minpd256(b, a); }
  static bool any(integers mask) { return __builtin_ia32_movmskpd256(std::bit_cast<numbers>(mask)) != 0; }
};
#endif

#if defined(__AVX512F__) && !defined(__CUDACC__)
/// The operands of AVX-512's builtins.
inline constexpr int current_rounding = 4, not_equal = 4;
/// [0.75, 1.5), and NaN for negative numbers.
inline constexpr int mantissa_form = 3 | 3 << 2;
/// A digit per class of numbers: −inf (4) for zeros, NaN (3) for −inf and negative numbers, inf (5) for inf.
inline constexpr int log_edge_table = 0x03530400;

template <>
struct instructions<float, 16> : written_out<float, 16> {
  static constexpr bool exponents = true;
  static constexpr std::uint16_t all = 0xffff;

  static numbers scale(numbers y, numbers n) {
    return __builtin_ia32_scalefps512_mask(y, n, y, all, current_rounding);
  }
  static numbers exponent(numbers x) { return __builtin_ia32_getexpps512_mask(x, x, all, current_rounding); }
  static numbers mantissa(numbers x) {
    return __builtin_ia32_getmantps512_mask(x, mantissa_form, x, all, current_rounding);
  }
  static numbers log_edges(numbers u, numbers y) {
    return __builtin_ia32_fixupimmps512_mask(y, u, integers{} + log_edge_table, 0, all, current_rounding);
  }
  static numbers inverse_estimate(numbers x) { return __builtin_ia32_rcp14ps512_mask(x, x, all); }
  /// The numbers at these places, modulo 32, of a behind which b lies.
  static numbers look_up(numbers a, numbers b, integers places) {
#if defined(__clang__)
    return __builtin_ia32_vpermi2varps512(a, places, b);
#else
    return __builtin_ia32_vpermt2varps512_mask(places, a, b, all);
#endif
  }
  static bool any(integers mask) {
    return __builtin_ia32_cmpd512_mask(mask, integers{}, not_equal, all) != 0;
  }
#if !defined(__clang__)
  static numbers larger(numbers a, numbers b) {
    return __builtin_ia32_maxps512_mask(b, a, a, all, current_rounding);
  }
  static numbers smaller(numbers a, numbers b) {
    return __builtin_ia32_minps512_mask(b, a, a, all, current_rounding);
  }
#endif
};

template <>
struct instructions<double, 8> : written_out<double, 8> {
  static constexpr bool exponents = true;
  static constexpr std::uint8_t all = 0xff;
  typedef long long builtin_integers __attribute__((vector_size(64)));  // std::int64_t is a long

  static numbers scale(numbers y, numbers n) {
    return __builtin_ia32_scalefpd512_mask(y, n, y, all, current_rounding);
  }
  static numbers exponent(numbers x) { return __builtin_ia32_getexppd512_mask(x, x, all, current_rounding); }
  static numbers mantissa(numbers x) {
    return __builtin_ia32_getmantpd512_mask(x, mantissa_form, x, all, current_rounding);
  }
  static numbers log_edges(numbers u, numbers y) {
    return __builtin_ia32_fixupimmpd512_mask(y, u, builtin_integers{} + log_edge_table, 0, all,
                                             current_rounding);
  }
  static numbers inverse_estimate(numbers x) { return __builtin_ia32_rcp14pd512_mask(x, x, all); }
  static bool any(integers mask) {
    return __builtin_ia32_cmpq512_mask(std::bit_cast<builtin_integers>(mask), builtin_integers{}, not_equal,
                                       all) != 0;
  }
#if !defined(__clang__)
  static numbers larger(numbers a, numbers b) {
    return __builtin_ia32_maxpd512_mask(b, a, a, all, current_rounding);
  }
  static numbers smaller(numbers a, numbers b) {
    return __builtin_ia32_minpd512_mask(b, a, a, all, current_rounding);
  }
#endif
};
#endif

}  // namespace prefopt::detail
