#pragma once

#include <bit>

#include <prefopt/numeric/pack.hpp>

namespace prefopt::detail {

/// A mask as a number: bit i says what lane i says.
template <class Scalar, int Width>
unsigned lane_bits(const pack_mask<Scalar, Width>& mask) {
#if defined(__AVX512F__)
  if constexpr (Width == 16 && sizeof(Scalar) == 4) {
    using numbers = instructions<float, 16>;
    return static_cast<unsigned>(__builtin_ia32_cmpd512_mask(std::bit_cast<numbers::integers>(mask.bits),
                                                             numbers::integers{}, not_equal, numbers::all));
  }
#elif defined(__AVX__)
  if constexpr (Width == 8 && sizeof(Scalar) == 4)
    return static_cast<unsigned>(
        __builtin_ia32_movmskps256(std::bit_cast<instructions<float, 8>::numbers>(mask.bits)));
#elif defined(__SSE2__)
  if constexpr (Width == 4 && sizeof(Scalar) == 4)
    return static_cast<unsigned>(
        __builtin_ia32_movmskps(std::bit_cast<instructions<float, 4>::numbers>(mask.bits)));
#endif
  unsigned bits = 0;
  for (int i = 0; i < Width; ++i) bits |= static_cast<unsigned>(lane(mask, i)) << i;
  return bits;
}

}  // namespace prefopt::detail
