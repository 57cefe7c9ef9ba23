#pragma once

#include <bit>
#include <cstdint>

namespace prefopt {

/// IEEE 754's binary16: 11 bits of significand, up to 65504. It is stored and read, never computed with.
struct half {
  std::uint16_t bits = 0;

  half() = default;
  /// Rounds to the nearest, ties to even; what is too large becomes infinity, NaN stays NaN.
  explicit constexpr half(float value)
      : bits(static_cast<std::uint16_t>(encode<float>(std::bit_cast<std::uint32_t>(value)))) {}
  explicit constexpr operator float() const {
    return std::bit_cast<float>(decode<float>(std::uint32_t{bits}));
  }

  /// The bits of a float's own, and back.
  /// \tparam Word an unsigned number of 32 bits or a vector of such, as many as Float has
  template <class Float, class Word>
  static constexpr Word encode(Word word) {
    const Word sign = word >> 16 & 0x8000u, size = word & 0x7fffffffu;
    const Word infinity = sign - sign + 0x7c00u, nan = infinity + 0x200u;
    // Below 2^-14 numbers are 2^-24 apart, as floats from 1/2 on are: adding that rounds.
    const Word tiny = std::bit_cast<Word>(std::bit_cast<Float>(size) + 0.5f) - 0x3f000000u;
    const Word normal = (size - 0x38000000u + 0xfffu + (size >> 13 & 1u)) >> 13;
    const Word finite = size < 0x38800000u ? tiny : normal;
    const Word number = finite < infinity ? finite : infinity;
    return sign | (size > 0x7f800000u ? nan : number);
  }
  template <class Float, class Word>
  static constexpr Word decode(Word bits) {
    const Word sign = (bits & 0x8000u) << 16, size = bits & 0x7fffu;
    // 2^112 moves the exponent to where floats have it, that of subnormal numbers, too.
    const Word finite = std::bit_cast<Word>(std::bit_cast<Float>(size << 13) * 0x1p112f);
    const Word special = size << 13 | 0x7f800000u;
    return sign | (size >= 0x7c00u ? special : finite);
  }
};

}  // namespace prefopt
