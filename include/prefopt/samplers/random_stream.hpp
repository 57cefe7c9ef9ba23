#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <prefopt/samplers/philox.hpp>

/// \file
/// The random words of one example, and our own maps from words to numbers (`std::*_distribution` differs
/// between standard libraries).

namespace prefopt {
namespace detail {

#if defined(__AVX2__)
/// As many Philox blocks at once as a vector register has lanes.
#if defined(__AVX512F__)
inline constexpr int stream_lanes = 16;
#else
inline constexpr int stream_lanes = 8;
#endif
struct stream_words {
  typedef std::uint32_t type __attribute__((vector_size(4 * stream_lanes)));
};
#else
/// Without AVX2 vectors gain nothing here.
inline constexpr int stream_lanes = 1;
struct stream_words {
  typedef std::uint32_t type;
};
#endif

}  // namespace detail

namespace samplers {

/// The words of one example: word t is word t mod 4 of the Philox block with key `seed` and counter
/// (t / 4, example, step).
class random_stream {
 public:
  /// step, example  below 2^48
  /// first_block    where in the example's 2^32 blocks (2^34 words) the stream starts
  random_stream(std::uint64_t seed, std::uint64_t step, std::uint64_t example, std::uint32_t first_block = 0)
      : key_{low(seed), high(seed)},
        counter_{low(example), low(step), high(example) | high(step) << 16},
        next_block_(first_block) {}

  /// The next words, at most `count` of them and at least one; an even number of them if only even numbers
  /// are ever asked for. Valid until the next call.
  std::span<const std::uint32_t> next(std::size_t count) {
    if (position_ == size) refill();
    const std::size_t first = position_, left = size - first;
    position_ += count < left ? count : left;
    return {words_ + first, position_ - first};
  }

  /// Uniform on [0, 1): the top 53 bits of two words.
  double next_real() {
    const std::uint64_t first = next(1)[0], second = next(1)[0];
    return static_cast<double>((first << 32 | second) >> 11) * 0x1p-53;
  }

 private:
  using word = detail::stream_words::type;
  static constexpr std::size_t lanes = detail::stream_lanes, size = 4 * lanes;

  static std::uint32_t low(std::uint64_t number) { return static_cast<std::uint32_t>(number); }
  static std::uint32_t high(std::uint64_t number) { return static_cast<std::uint32_t>(number >> 32); }

  void refill() {
    std::uint32_t lane[4][lanes];
    for (std::size_t i = 0; i < lanes; ++i) lane[0][i] = next_block_++;
    word block[4];
    __builtin_memcpy(block, lane[0], sizeof block[0]);
    for (int i = 0; i < 3; ++i) block[i + 1] = word{} + counter_[i];
    philox(block, key_[0], key_[1]);
    __builtin_memcpy(lane, block, sizeof lane);
    for (std::size_t i = 0; i < size; ++i) words_[i] = lane[i % 4][i / 4];
    position_ = 0;
  }

  std::uint32_t key_[2];
  std::uint32_t counter_[3];  // its words 1 to 3
  std::uint32_t next_block_;  // and word 0
  std::size_t position_ = size;
  std::uint32_t words_[size];
};

/// Maps words to integers uniform on [0, size) without bias: multiply, and reject the words that would make
/// some numbers likelier than others (fewer than size / 2^32 of them). Paper: Lemire 2019, "Fast random
/// integer generation in an interval".
class bounded_integer {
 public:
  /// size  at least 1
  constexpr explicit bounded_integer(std::uint32_t size) : size_(size), rejected_below_(-size % size) {}

  constexpr std::uint32_t operator()(std::uint32_t word) const {
    return static_cast<std::uint32_t>(product(word) >> 32);
  }
  /// False if the number of this word does not count; take the next word.
  constexpr bool accepts(std::uint32_t word) const {
    return static_cast<std::uint32_t>(product(word)) >= rejected_below_;
  }

 private:
  constexpr std::uint64_t product(std::uint32_t word) const { return std::uint64_t{word} * size_; }

  std::uint32_t size_;
  std::uint32_t rejected_below_;  // 2^32 mod size
};

}  // namespace samplers
}  // namespace prefopt
