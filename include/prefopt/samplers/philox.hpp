#pragma once

#include <cstdint>

/// \file
/// Philox4x32-10, the counter-based random number generator: a block of four random words is a pure function
/// of a 128-bit counter and a 64-bit key, so any block can be had on any thread, lane or device.
/// Paper: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".

namespace prefopt {
namespace detail {

/// The high and low halves of the 64-bit product a * b.
constexpr void multiply_wide(std::uint32_t a, std::uint32_t b, std::uint32_t& high, std::uint32_t& low) {
  const std::uint64_t product = std::uint64_t{a} * b;
  high = static_cast<std::uint32_t>(product >> 32);
  low = static_cast<std::uint32_t>(product);
}

#if defined(__GNUC__)
/// The same for every lane of a compiler vector of `std::uint32_t`. Widening the vector would be the obvious
/// way and is slow: processors multiply the low (or the high) halves of 64-bit lanes.
template <class Words>
inline void multiply_wide(const Words& a, std::uint32_t b, Words& high, Words& low) {
  typedef std::uint64_t pairs __attribute__((vector_size(sizeof(Words))));
  constexpr std::uint64_t low_half = 0xffffffff;
  const pairs both = reinterpret_cast<pairs>(a);
  const pairs first = (both & low_half) * b, second = (both >> 32) * b;
  high = reinterpret_cast<Words>((first >> 32) | (second & ~low_half));
  low = reinterpret_cast<Words>((first & low_half) | (second << 32));
}
#endif

}  // namespace detail

namespace samplers {

/// Replaces `counter` by its block of four random words under the key (key0, key1), word 0 first.
///
/// `Word` is `std::uint32_t` or a compiler vector of them; in a vector every lane is a block of its own.
/// The counter's and the key's words are in Random123's order.
template <class Word>
constexpr void philox(Word (&counter)[4], std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    Word high0, low0, high1, low1;
    detail::multiply_wide(counter[0], 0xD2511F53, high0, low0);
    detail::multiply_wide(counter[2], 0xCD9E8D57, high1, low1);
    counter[0] = high1 ^ counter[1] ^ key0;
    counter[1] = low1;
    counter[2] = high0 ^ counter[3] ^ key1;
    counter[3] = low0;
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
}

}  // namespace samplers
}  // namespace prefopt
