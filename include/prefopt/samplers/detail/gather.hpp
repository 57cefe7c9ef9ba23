#pragma once

#include <cstdint>

#include <prefopt/samplers/philox.hpp>

/// \file
/// Look-ups in a table, 16 at once. Other processors than those with AVX-512 do better one by one.

#if defined(__AVX512F__) && !defined(__CUDACC__)

namespace prefopt::detail {

using word_lanes = fixed_vectors<64>::words;

#if defined(__clang__)
inline constexpr std::uint8_t all_pairs = 0xff;
#else
inline constexpr char all_pairs = -1;
#endif

/// table[at] in the lanes that have a bit in `where`, which others are not read, and `otherwise` in those.
inline word_lanes gather(const void* table, const word_lanes& at, unsigned where, std::uint32_t otherwise) {
  using v = fixed_vectors<64>;
  return reinterpret_cast<word_lanes>(__builtin_ia32_gathersiv16si(
      reinterpret_cast<v::builtin_words>(word_lanes{} + otherwise), table,
      reinterpret_cast<v::builtin_words>(at), static_cast<std::uint16_t>(where), sizeof(std::uint32_t)));
}

/// Rotates by places modulo 32.
inline word_lanes rotate_right(const word_lanes& a, const word_lanes& places) {
#if defined(__clang__)
  return a >> (places & 31) | a << (-places & 31);
#else
  using words = fixed_vectors<64>::builtin_words;
  return reinterpret_cast<word_lanes>(__builtin_ia32_prorvd512_mask(reinterpret_cast<words>(a),
                                                                    reinterpret_cast<words>(places), words{},
                                                                    static_cast<std::uint16_t>(0xffff)));
#endif
}

/// Which of the lanes `among` differ, as bits.
inline unsigned unequal_lanes(const word_lanes& a, const word_lanes& b, unsigned among) {
  using words = fixed_vectors<64>::builtin_words;
  constexpr int unequal = 4;
  return __builtin_ia32_cmpd512_mask(reinterpret_cast<words>(a), reinterpret_cast<words>(b), unequal,
                                     static_cast<std::uint16_t>(among));
}
/// Which of the lanes `among` have none of these bits.
inline unsigned lanes_without(const word_lanes& a, const word_lanes& bits, unsigned among) {
  using words = fixed_vectors<64>::builtin_words;
#if defined(__clang__)
  constexpr int equal = 0;
  return __builtin_ia32_cmpd512_mask(reinterpret_cast<words>(a & bits), words{}, equal,
                                     static_cast<std::uint16_t>(among));
#else
  return __builtin_ia32_ptestnmd512(reinterpret_cast<words>(a), reinterpret_cast<words>(bits),
                                    static_cast<std::uint16_t>(among));
#endif
}
/// Which of the lanes are not negative, read as whole numbers.
inline unsigned natural_lanes(const word_lanes& a) {
  using words = fixed_vectors<64>::builtin_words;
  constexpr int at_least = 5;
  return __builtin_ia32_cmpd512_mask(reinterpret_cast<words>(a), words{}, at_least, 0xffff);
}

/// The words of even and of odd places of two neighbours.
inline void split_alternate(word_lanes& a, word_lanes& b) {
  const word_lanes x = a, y = b;
  a = __builtin_shufflevector(x, y, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  b = __builtin_shufflevector(x, y, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

/// The first and the second word of table[at], of pairs of words.
inline void gather_pairs(const void* table, const word_lanes& at, word_lanes& first, word_lanes& second) {
  using v = fixed_vectors<64>;
  typedef int half __attribute__((vector_size(32)));
  const auto pairs = [&](const half& places) {
    return reinterpret_cast<word_lanes>(
        __builtin_ia32_gathersiv8di(v::builtin_pairs{}, table, places, all_pairs, 2 * sizeof(std::uint32_t)));
  };
  half places[2];
  __builtin_memcpy(places, &at, sizeof at);
  first = pairs(places[0]);
  second = pairs(places[1]);
  split_alternate(first, second);
}

/// Lane `at` modulo 32 of two neighbours.
inline word_lanes pick(const word_lanes& lower, const word_lanes& upper, const word_lanes& at) {
#if defined(__clang__)
  using words = fixed_vectors<64>::builtin_words;
  return reinterpret_cast<word_lanes>(__builtin_ia32_vpermi2vard512(
      reinterpret_cast<words>(lower), reinterpret_cast<words>(at), reinterpret_cast<words>(upper)));
#else
  return __builtin_shuffle(lower, upper, at);
#endif
}

}  // namespace prefopt::detail

#endif
