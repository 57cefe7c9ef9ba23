#pragma once

#include <cstdint>
#include <utility>

#include <prefopt/detail/instruction_set.hpp>
#include <prefopt/host_device.hpp>

/// \file
/// Philox4x32-10, the counter-based random number generator: a block of four random words is a pure function
/// of a 128-bit counter and a 64-bit key, so any block can be had on any thread, lane or device.
/// Paper: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".

namespace prefopt {
namespace detail {

/// The high and low halves of the 64-bit product a * b.
PREFOPT_ANYWHERE constexpr void multiply_wide(std::uint32_t a, std::uint32_t b, std::uint32_t& high,
                                              std::uint32_t& low) {
  const std::uint64_t product = std::uint64_t{a} * b;
  high = static_cast<std::uint32_t>(product >> 32);
  low = static_cast<std::uint32_t>(product);
}

#if defined(__GNUC__) && !defined(__CUDACC__)
/// The vectors of a size, and what the compiler's own functions take for them.
template <int Bytes>
struct fixed_vectors {
  typedef std::uint32_t words __attribute__((vector_size(Bytes)));
  typedef std::uint64_t pairs __attribute__((vector_size(Bytes)));
  typedef int builtin_words __attribute__((vector_size(Bytes)));
  typedef long long builtin_pairs __attribute__((vector_size(Bytes)));
};

/// The products of the even lanes, of 64 bits each.
template <class Words>
inline auto multiply_even(const Words& a, const Words& b) {
  typedef std::uint64_t pairs __attribute__((vector_size(sizeof(Words))));
  constexpr std::uint64_t low_half = 0xffffffff;
  return (reinterpret_cast<pairs>(a) & low_half) * (reinterpret_cast<pairs>(b) & low_half);
}
#if defined(__AVX2__) && !defined(__clang__)
// g++ does not see that the upper halves are empty and multiplies them, too, which takes three times as long.
inline auto multiply_even(const fixed_vectors<32>::words& a, const fixed_vectors<32>::words& b) {
  using v = fixed_vectors<32>;
  return reinterpret_cast<v::pairs>(__builtin_ia32_pmuludq256(reinterpret_cast<v::builtin_words>(a),
                                                              reinterpret_cast<v::builtin_words>(b)));
}
#if defined(__AVX512F__)
inline auto multiply_even(const fixed_vectors<64>::words& a, const fixed_vectors<64>::words& b) {
  using v = fixed_vectors<64>;
  return reinterpret_cast<v::pairs>(__builtin_ia32_pmuludq512_mask(reinterpret_cast<v::builtin_words>(a),
                                                                   reinterpret_cast<v::builtin_words>(b),
                                                                   v::builtin_pairs{}, 0xff));
}
#endif
#endif

/// The even lanes of a and b, or the odd ones, alternately.
template <int Odd, class Words, int... Lane>
Words alternate(const Words& a, const Words& b, std::integer_sequence<int, Lane...>) {
  constexpr int n = sizeof...(Lane);
  return __builtin_shufflevector(a, b, (Lane / 2 * 2 + Odd + Lane % 2 * n)...);
}

/// The same for every lane of a compiler vector of `std::uint32_t`. Widening the vector would be the obvious
/// way and is slow: processors multiply the low (or the high) halves of 64-bit lanes.
template <class Words>
inline void multiply_wide(const Words& a, std::uint32_t b, Words& high, Words& low) {
  typedef std::uint64_t pairs __attribute__((vector_size(sizeof(Words))));
  constexpr std::make_integer_sequence<int, sizeof(Words) / sizeof(std::uint32_t)> lanes;
  const Words factor = Words{} + b;
  const auto first = reinterpret_cast<Words>(multiply_even(a, factor));
  const auto second = reinterpret_cast<Words>(
      multiply_even(reinterpret_cast<Words>(reinterpret_cast<pairs>(a) >> 32), factor));
  high = alternate<1>(first, second, lanes);
  low = alternate<0>(first, second, lanes);
}

template <class Pairs, int Counters>
[[gnu::always_inline]] inline void philox_round(Pairs (&counters)[Counters][4], std::uint32_t key0,
                                                std::uint32_t key1) {
  using words = typename fixed_vectors<sizeof(Pairs)>::words;
  const words factor0 = words{} + 0xD2511F53, factor1 = words{} + 0xCD9E8D57;
  for (Pairs(&counter)[4] : counters) {
    const Pairs first = multiply_even(reinterpret_cast<words>(counter[0]), factor0);
    const Pairs second = multiply_even(reinterpret_cast<words>(counter[2]), factor1);
    counter[0] = (second >> 32) ^ counter[1] ^ (Pairs{} + key0);
    counter[1] = second;
    counter[2] = (first >> 32) ^ counter[3] ^ (Pairs{} + key1);
    counter[3] = first;
  }
}

/// One after the other; a loop would have to move what a round leaves from register to register.
template <class Pairs, int Counters, std::uint32_t... Round>
[[gnu::always_inline]] inline void philox_rounds(Pairs (&counters)[Counters][4], std::uint32_t key0,
                                                 std::uint32_t key1,
                                                 std::integer_sequence<std::uint32_t, Round...>) {
  (philox_round(counters, key0 + Round * 0x9E3779B9, key1 + Round * 0xBB67AE85), ...);
}
#endif

}  // namespace detail

namespace samplers {

/// Replaces `counter` by its block of four random words under the key (key0, key1), word 0 first.
///
/// `Word` is `std::uint32_t` or a compiler vector of them; in a vector every lane is a block of its own.
/// The counter's and the key's words are in Random123's order.
template <class Word>
PREFOPT_HOST_DEVICE constexpr void philox(Word (&counter)[4], std::uint32_t key0, std::uint32_t key1) {
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

#if defined(__GNUC__) && !defined(__CUDACC__)
/// The same for blocks whose words are the lower halves of 64-bit lanes, a compiler vector of those for each word of the
/// counter; the upper halves may hold anything, before and after. Half as many blocks in a register, and less than half
/// the work, for nothing has to be put back in its place. Several counters take turns: one alone would mostly wait for
/// its products.
template <class Pairs, int Counters>
[[gnu::always_inline]] inline void philox_in_pairs(Pairs (&counters)[Counters][4], std::uint32_t key0,
                                                   std::uint32_t key1) {
  detail::philox_rounds(counters, key0, key1, std::make_integer_sequence<std::uint32_t, 10>{});
}
#endif

}  // namespace samplers
}  // namespace prefopt
