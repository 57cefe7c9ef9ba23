#pragma once

#include <bit>
#include <cstdint>

#include <prefopt/numeric/pack.hpp>

namespace prefopt::detail {

/// A mask as a number: bit i says what lane i says.
template <class Scalar, int Width>
unsigned lane_bits(const pack_mask<Scalar, Width>& mask) {
#if defined(__CUDACC__)
  // Packs have one lane.
#elif defined(__AVX512F__)
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

/// Writes the lanes that have a bit one after the other to `to`, where there is room for a whole pack; what follows
/// them there is not specified. Of numbers of 4 bytes.
template <class Scalar, int Width>
void compress_lanes(const pack<Scalar, Width>& x, unsigned lanes, Scalar* to) {
#if defined(__AVX512F__) && !defined(__CUDACC__)
  if constexpr (Width == 16) {
    typedef int words __attribute__((vector_size(64)));
    const words packed = __builtin_ia32_compresssi512_mask(std::bit_cast<words>(x.lanes), words{},
                                                           static_cast<std::uint16_t>(lanes));
    __builtin_memcpy(to, &packed, sizeof packed);
    return;
  }
#endif
  for (; lanes != 0; lanes &= lanes - 1) *to++ = lane(x, std::countr_zero(lanes));
}

}  // namespace prefopt::detail
