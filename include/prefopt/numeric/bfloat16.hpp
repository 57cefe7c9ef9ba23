#pragma once

#include <bit>
#include <cstdint>

namespace prefopt {

/// The upper half of a float: 8 bits of significand, half the memory. It is stored and read, never computed with.
struct bfloat16 {
  std::uint16_t bits = 0;

  bfloat16() = default;
  /// Rounds to the nearest, ties to even; NaN stays NaN.
  explicit constexpr bfloat16(float value) {
    const auto word = std::bit_cast<std::uint32_t>(value);
    const bool is_nan = value != value;
    const std::uint32_t rounded = word + 0x7fff + (word >> 16 & 1);
    bits = static_cast<std::uint16_t>(is_nan ? word >> 16 | 0x40 : rounded >> 16);
  }
  explicit constexpr operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

}  // namespace prefopt
