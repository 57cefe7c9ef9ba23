#pragma once

#include <bit>
#include <cstdint>

namespace prefopt {

/// The upper half of a float: 8 bits of significand, half the memory. It is stored and read, never computed with.
struct bfloat16 {
  std::uint16_t bits = 0;

  bfloat16() = default;
  /// Rounds to the nearest, ties to even; NaN stays NaN.
  explicit constexpr bfloat16(float value)
      : bits(static_cast<std::uint16_t>(encode<float>(std::bit_cast<std::uint32_t>(value)))) {}
  explicit constexpr operator float() const {
    return std::bit_cast<float>(decode<float>(std::uint32_t{bits}));
  }

  /// The bits of a float's own, and back.
  /// \tparam Word an unsigned number of 32 bits or a vector of such, as many as Float has
  template <class Float, class Word>
  static constexpr Word encode(Word word) {
    const Word rounded = word + 0x7fffu + (word >> 16 & 1u), nan = word | 0x400000u;
    return ((word & 0x7fffffffu) > 0x7f800000u ? nan : rounded) >> 16;
  }
  template <class Float, class Word>
  static constexpr Word decode(Word bits) {
    return bits << 16;
  }
};

}  // namespace prefopt
