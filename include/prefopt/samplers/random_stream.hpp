#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include <prefopt/host_device.hpp>
#include <prefopt/samplers/philox.hpp>

/// \file
/// The random words of one example, and our own maps from words to numbers (`std::*_distribution` differs
/// between standard libraries).

namespace prefopt {
namespace detail {

#if defined(__AVX2__) && !defined(__CUDACC__)
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

#if defined(__AVX2__) && !defined(__CUDACC__)
/// Lane 0 of a, lane 0 of b, lane 1 of a, ...
template <class Pairs, int... Lane>
void store_alternately(const Pairs& a, const Pairs& b, std::uint32_t* to,
                       std::integer_sequence<int, Lane...>) {
  constexpr int n = sizeof...(Lane);
  const Pairs lower = __builtin_shufflevector(a, b, (Lane / 2 + (Lane % 2) * n)...);
  const Pairs upper = __builtin_shufflevector(a, b, (n / 2 + Lane / 2 + (Lane % 2) * n)...);
  __builtin_memcpy(to, &lower, sizeof lower);
  __builtin_memcpy(to + 2 * n, &upper, sizeof upper);
}

/// 0, 1, 2, ...
template <class Pairs, int... Lane>
Pairs lane_numbers(std::integer_sequence<int, Lane...>) {
  return Pairs{static_cast<std::uint64_t>(Lane)...};
}
#endif

/// Where some Philox blocks go: those of `counter`, and of one more in its word 0, and so on, as many as `stream_lanes`, block
/// after block.
struct stream_blocks {
  const std::uint32_t (&counter)[4];
  std::uint32_t* words;
};

/// Makes the blocks of several streams under one key. More than one at once has more to do while it waits, and makes the keys
/// of the rounds for all.
template <int Streams>
inline void fill_streams(const std::uint32_t (&key)[2], const stream_blocks (&streams)[Streams]) {
#if defined(__AVX2__) && !defined(__CUDACC__)
  constexpr int half = stream_lanes / 2;
  using vectors = fixed_vectors<4 * stream_lanes>;
  using pairs = vectors::pairs;
  constexpr std::make_integer_sequence<int, half> lanes;
  pairs blocks[2 * Streams][4];
  for (int i = 0; i < 2 * Streams; ++i) {
    const std::uint32_t(&counter)[4] = streams[i / 2].counter;
    blocks[i][0] = lane_numbers<pairs>(lanes) + counter[0] + static_cast<std::uint64_t>(i % 2 * half);
    for (int j = 1; j < 4; ++j) blocks[i][j] = pairs{} + counter[j];
  }
  samplers::philox_in_pairs(blocks, key[0], key[1]);
  const auto join = [](const pairs& a, const pairs& b) {
    return reinterpret_cast<pairs>(alternate<0>(reinterpret_cast<vectors::words>(a),
                                                reinterpret_cast<vectors::words>(b),
                                                std::make_integer_sequence<int, stream_lanes>{}));
  };
  for (int i = 0; i < 2 * Streams; ++i) {
    const pairs(&block)[4] = blocks[i];
    store_alternately(join(block[0], block[1]), join(block[2], block[3]),
                      streams[i / 2].words + i % 2 * 2 * stream_lanes, lanes);
  }
#else
  static_assert(stream_lanes == 1);
  for (const stream_blocks& stream : streams) {
    std::uint32_t block[4]{stream.counter[0], stream.counter[1], stream.counter[2], stream.counter[3]};
    samplers::philox(block, key[0], key[1]);
    for (int j = 0; j < 4; ++j) stream.words[j] = block[j];
  }
#endif
}

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
        counter_{first_block, low(example), low(step), high(example) | high(step) << 16} {}

  /// Goes to the first word of another example.
  void restart(std::uint64_t example) {
    constexpr std::uint32_t step_bits = 0xffff0000;
    counter_[0] = 0;
    counter_[1] = low(example);
    counter_[3] = high(example) | (counter_[3] & step_bits);
    position_ = size;
  }

  /// Leaves out the first words of a new stream.
  void skip(std::size_t count) {
    counter_[0] += static_cast<std::uint32_t>(count / 4);
    if (count % 4 != 0) next(count % 4);
  }

  /// Makes the next words of two streams of the same seed that have none left, in less time than each on its own.
  static void refill(random_stream& a, random_stream& b) {
#if defined(__AVX512F__) && !defined(__CUDACC__)
    detail::fill_streams(a.key_, {a.blocks(), b.blocks()});
    a.refilled();
    b.refilled();
#else  // too few registers
    a.refill();
    b.refill();
#endif
  }

  /// The next words, at most `count` of them and at least one; an even number of them if only even numbers
  /// are ever asked for. Valid until the next call.
  std::span<const std::uint32_t> next(std::size_t count) {
    if (position_ == size) [[unlikely]]
      refill();
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
  static constexpr std::size_t lanes = detail::stream_lanes, size = 4 * lanes;

  static std::uint32_t low(std::uint64_t number) { return static_cast<std::uint32_t>(number); }
  static std::uint32_t high(std::uint64_t number) { return static_cast<std::uint32_t>(number >> 32); }

  detail::stream_blocks blocks() { return {counter_, words_}; }
  void refill() {
    detail::fill_streams(key_, {blocks()});
    refilled();
  }
  void refilled() {
    counter_[0] += lanes;
    position_ = 0;
  }

  std::uint32_t key_[2];
  std::uint32_t counter_[4];  // of the next block
  std::size_t position_ = size;
  alignas(sizeof(detail::stream_words::type)) std::uint32_t words_[size];
};

/// Maps words to integers uniform on [0, size) without bias: multiply, and reject the words that would make
/// some numbers likelier than others (fewer than size / 2^32 of them). Paper: Lemire 2019, "Fast random
/// integer generation in an interval".
class bounded_integer {
 public:
  /// size  at least 1
  PREFOPT_ANYWHERE constexpr explicit bounded_integer(std::uint32_t size)
      : size_(size), rejected_below_(-size % size) {}

  PREFOPT_ANYWHERE constexpr std::uint32_t operator()(std::uint32_t word) const {
    return static_cast<std::uint32_t>(product(word) >> 32);
  }
  /// The numbers of many words, −1 where a word does not count.
  void operator()(std::span<const std::uint32_t> words, std::int32_t* numbers) const {
    std::size_t i = 0;
#if defined(__AVX2__) && !defined(__CUDACC__)
    using lanes = detail::stream_words::type;
    for (; i + detail::stream_lanes <= words.size(); i += detail::stream_lanes) {
      lanes word, high, low;
      __builtin_memcpy(&word, &words[i], sizeof word);
      detail::multiply_wide(word, size_, high, low);
      high = low < rejected_below_ ? ~lanes{} : high;
      __builtin_memcpy(numbers + i, &high, sizeof high);
    }
#endif
    for (; i < words.size(); ++i)
      numbers[i] = accepts(words[i]) ? static_cast<std::int32_t>((*this)(words[i])) : -1;
  }
  constexpr std::uint32_t size() const { return size_; }
  /// What the low half of a word's product with the size must reach, for the word to count.
  constexpr std::uint32_t rejected_below() const { return rejected_below_; }
  /// False if the number of this word does not count; take the next word.
  PREFOPT_ANYWHERE constexpr bool accepts(std::uint32_t word) const {
    return static_cast<std::uint32_t>(product(word)) >= rejected_below_;
  }

 private:
  PREFOPT_ANYWHERE constexpr std::uint64_t product(std::uint32_t word) const {
    return std::uint64_t{word} * size_;
  }

  std::uint32_t size_;
  std::uint32_t rejected_below_;  // 2^32 mod size
};

}  // namespace samplers
}  // namespace prefopt
