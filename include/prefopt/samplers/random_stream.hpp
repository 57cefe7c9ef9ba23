#pragma once

#include <cstddef>
#include <cstdint>

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

/// Names the random numbers of a call. Example b of the call draws from the stream of
/// (seed, step, first_example + b) and from nothing else: not from threads, not from its place in a batch.
struct draw_key {
  /// Counters hold 48 bits of the step and of the example.
  static constexpr std::uint64_t limit = std::uint64_t{1} << 48;

  std::uint64_t seed = 0;
  std::uint64_t step = 0;           ///< below `limit`; a new one for every draw from the same examples
  std::uint64_t first_example = 0;  ///< global index of the call's first example; all of them below `limit`
};

/// The words of one example: word t is word t mod 4 of the Philox block with counter
/// (t / 4, example, step) and key seed. 2^34 words, then it repeats.
class random_stream {
 public:
  random_stream(std::uint64_t seed, std::uint64_t step, std::uint64_t example)
      : key_{low(seed), high(seed)}, counter_{low(example), low(step), high(example) | high(step) << 16} {}

  std::uint32_t next() {
    if (position_ == size) refill();
    const int t = position_++;
    return words_[(t % 4) * detail::stream_lanes + t / 4];
  }

  /// Uniform on [0, 1): 53 bits of two words.
  double next_real() {
    const std::uint64_t first = next(), second = next();
    return static_cast<double>((first << 32 | second) >> 11) * 0x1p-53;
  }

 private:
  using word = detail::stream_words::type;
  static constexpr int size = 4 * detail::stream_lanes;

  static std::uint32_t low(std::uint64_t number) { return static_cast<std::uint32_t>(number); }
  static std::uint32_t high(std::uint64_t number) { return static_cast<std::uint32_t>(number >> 32); }

  void refill() {
    std::uint32_t block[detail::stream_lanes];
    for (int lane = 0; lane < detail::stream_lanes; ++lane)
      block[lane] = next_block_ + static_cast<std::uint32_t>(lane);
    word counter[4];
    __builtin_memcpy(&counter[0], block, sizeof block);
    for (int i = 0; i < 3; ++i) counter[i + 1] = word{} + counter_[i];
    philox4x32(counter, key_[0], key_[1]);
    __builtin_memcpy(words_, counter, sizeof words_);
    next_block_ += detail::stream_lanes;
    position_ = 0;
  }

  std::uint32_t key_[2];
  std::uint32_t counter_[3];  // words 1 to 3; word 0 counts the blocks
  std::uint32_t next_block_ = 0;
  int position_ = size;
  std::uint32_t words_[size];  // word i of every lane's block, then word i + 1
};

/// Maps words to integers uniform on [0, size) without bias: multiply, and reject the words that would make
/// some numbers likelier than others (fewer than size / 2^32 of them). Paper: Lemire 2019, "Fast random
/// integer generation in an interval".
class bounded_integer {
 public:
  constexpr explicit bounded_integer(std::uint32_t size) : size_(size), rejected_below_(-size % size) {}

  /// False if the word is rejected; take the next one.
  constexpr bool operator()(std::uint32_t word, std::uint32_t& number) const {
    std::uint32_t fraction = 0;
    detail::multiply_wide(word, size_, number, fraction);
    return fraction >= rejected_below_;
  }

 private:
  std::uint32_t size_;
  std::uint32_t rejected_below_;  // 2^32 mod size
};

}  // namespace samplers
}  // namespace prefopt
