#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include <prefopt/detail/lane_bits.hpp>
#include <prefopt/detail/transpose.hpp>
#include <prefopt/numeric/pack.hpp>
#include <prefopt/samplers/detail/gather.hpp>

/// \file
/// A filter of items, in words of 64 bits, a power of two of them. Item i may be one of them if two bits are set in half of a
/// word: bit i modulo their number, and in the same half bit ⌊i / number⌋ modulo 32. A set of bits, one for each item, is
/// the special case in which both are the same.
/// Paper: Putze, Sanders, Singler 2007, "Cache-, hash- and space-efficient Bloom filters".

namespace prefopt::detail {

/// 32 bits for each item: one other item in 200 has to be looked up.
inline std::size_t filter_words(std::size_t items) {
  const std::size_t bits = std::bit_ceil(32 * items);
  return bits < 64 ? 1 : bits / 64;
}
/// By how many bits an item is shifted to find its second bit in a filter; 0 in a set of bits.
inline int filter_shift(std::size_t words) { return 6 + std::countr_zero(words); }

inline void mark(std::span<std::uint64_t> words, std::int32_t item, int shift) {
  const auto at = static_cast<std::size_t>(item);
  const std::size_t half = at & 32, second = half | (at >> shift & 31);
  words[at / 64 & (words.size() - 1)] |= std::uint64_t{1} << at % 64 | std::uint64_t{1} << second;
}

using item_pack = native_pack<std::int32_t>;

#if defined(__AVX512F__) && !defined(__CUDACC__)
/// Which lanes have an item whose half of a word has both its bits, the item `also`, or none.
inline unsigned filtered_lanes(const word_lanes& item, const word_lanes& half, int shift, std::int32_t also) {
  const word_lanes both = rotate_right(half, item) & rotate_right(half, item >> shift);
  const word_lanes other = word_lanes{} + static_cast<std::uint32_t>(also);
  return 0xffff ^ lanes_without(both, word_lanes{} + 1, unequal_lanes(item, other, natural_lanes(item)));
}
#endif

/// Reads bits that somebody else holds.
class filter_view {
 public:
  filter_view() = default;
  /// A filter.
  static filter_view of_filter(std::span<const std::uint64_t> words) {
    return {words, words.size() - 1, filter_shift(words.size())};
  }
  /// A set of bits that is as large as a filter may be; no item is beyond it.
  static filter_view of_set(std::span<const std::uint64_t> words) { return {words, ~std::size_t{0}, 0}; }

  /// False of one by default.
  bool exists() const { return !words_.empty(); }

  bool holds(std::int32_t item) const {
    const auto at = static_cast<std::uint32_t>(item);
    const auto half = static_cast<std::uint32_t>(words_[at / 64 & last_] >> (at & 32));
    return (half >> at % 32 & half >> (at >> shift_ & 31) & 1) != 0;
  }

  /// Bit i says that lane i has an item that it may hold, the item `also`, or none (a negative number).
  unsigned held_lanes(const item_pack& items, std::int32_t also) const {
#if defined(__AVX512F__) && !defined(__CUDACC__)
    const auto item = reinterpret_cast<const word_lanes&>(items);
    const word_lanes half = gather(words_.data(), item >> 5 & static_cast<std::uint32_t>(2 * last_ + 1),
                                   natural_lanes(item), ~std::uint32_t{0});
    return filtered_lanes(item, half, shift_, also);
#else
    unsigned bits = 0;
    for (int i = 0; i < lane_count<item_pack>; ++i) {
      const std::int32_t item = lane(items, i);
      bits |= static_cast<unsigned>(item < 0 || item == also || holds(item)) << i;
    }
    return bits;
#endif
  }

  std::span<const std::uint64_t> words() const { return words_; }
  int shift() const { return shift_; }
  bool is_folded() const { return last_ < words_.size(); }

 private:
  filter_view(std::span<const std::uint64_t> words, std::size_t last, int shift)
      : words_(words), last_(last), shift_(shift) {}

  std::span<const std::uint64_t> words_;
  std::size_t last_ = 0;  // where a filter starts anew
  int shift_ = 0;
};

#if defined(__AVX512F__) && !defined(__CUDACC__)
/// A short filter that is kept in registers, where looking up is faster still.
class short_filter {
 public:
  static bool fits(const filter_view& filter) {
    const std::size_t words = filter.words().size();
    return filter.is_folded() && words >= words_a_part && words <= parts * words_a_part;
  }
  explicit short_filter(const filter_view& filter) : shift_(filter.shift()) {
    const auto words = filter.words();
    unroll<parts>([&](auto part) {
      constexpr std::size_t first = part * words_a_part;
      __builtin_memcpy(&halves_[part], &words[first & (words.size() - 1)], sizeof halves_[part]);
    });
  }

  unsigned held_lanes(const item_pack& items, std::int32_t also) const {
    const auto item = reinterpret_cast<const word_lanes&>(items);
    const word_lanes at = item >> 5;
    const word_lanes half =
        (at & 32) != 0 ? pick(halves_[2], halves_[3], at) : pick(halves_[0], halves_[1], at);
    return filtered_lanes(item, half, shift_, also);
  }

 private:
  static constexpr int parts = 4;
  static constexpr std::size_t words_a_part = sizeof(word_lanes) / sizeof(std::uint64_t);
  word_lanes halves_[parts];
  int shift_;
};
#endif

}  // namespace prefopt::detail
