#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <prefopt/samplers/detail/score_key.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/philox.hpp>
#include <prefopt/samplers/random_stream.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// Gumbel noise, a number for every item of an example, in whole numbers: adding it to log-weights and keeping the
/// K largest sums draws K items successively, without repetition, in proportion to the weights.
/// Papers: Gumbel 1954; Vieira 2014 and Kool et al. 2019, "Stochastic beams and where to find them".

namespace prefopt::detail {

/// log2(x) in units of 2^-32, x at least 1, off by at most 2^-26: the exponent and a polynomial of degree 11.
inline std::int64_t fixed_log2(std::uint64_t x) {
  const int shift = std::countl_zero(x);
  const auto fraction = static_cast<std::int64_t>(x << shift << 1 >> 32);  // in units of 2^-32
  constexpr std::int64_t coefficients[] = {2184349,   -15602242,  52287710,   -112108091,
                                           179798544, -243018195, 306000087,  -386642994,
                                           516298485, -774537767, 1549081938, 0};
  std::int64_t sum = 0;  // in units of 2^-30
  for (const std::int64_t coefficient : coefficients) sum = coefficient + (sum * fraction >> 32);
  return (std::int64_t{63 - shift} << 32) + sum * 4;
}

/// −log2(E), E = −ln(1 − (w + ½) / 2^64) exponential, of a random word w, in units of a `noise_key`. Large numbers
/// decide, and they come of small w: there, as everywhere, it is off by at most 2^-22.
inline noise_key gumbel(std::uint64_t word) {
  std::int64_t log_e = 0;  // in units of 2^-32
  if (word >> 60 == 0) {
    const auto v = static_cast<std::int64_t>(word >> 32);
    std::int64_t ratio = 0;  // E / v = 1 + v/2 + v²/3 + ..., in units of 2^-30
    for (std::int64_t k = 9; k >= 1; --k) ratio = (std::int64_t{1} << 30) / k + (ratio * v >> 32);
    log_e = fixed_log2(2 * word + 1) - (std::int64_t{65} << 32) +
            fixed_log2(static_cast<std::uint64_t>(ratio)) - (std::int64_t{30} << 32);
  } else {
    constexpr std::int64_t log2_of_ln2 = -2271034279;  // log2(ln 2), in units of 2^-32
    const std::uint64_t u = ~word > 0 ? ~word : 1;
    const std::int64_t e = (std::int64_t{64} << 32) - fixed_log2(u);  // E / ln 2, in units of 2^-32
    log_e = fixed_log2(static_cast<std::uint64_t>(e)) - (std::int64_t{32} << 32) + log2_of_ln2;
  }
  return -log_e >> (32 - noise_bits);
}

/// The random words of the items of one example, two for each. Item i has word (i / 16) mod 4 of the Philox block
/// 16 ⌊i / 64⌋ + i mod 16, so that neighbouring items are neighbouring lanes; its low half comes from a block of
/// the same place 2^30 blocks further.
class item_noise {
 public:
  static constexpr index block = 64;  ///< items

  item_noise() = default;
  item_noise(const samplers::draw_key& key, std::uint64_t example)
      : key_{low(key.seed), high(key.seed)},
        counter_{low(example), low(key.step), high(example) | high(key.step) << 16} {}

  noise_key operator()(std::int32_t item) const {
    return gumbel(std::uint64_t{word(item, 0)} << 32 | word(item, low_half));
  }

  /// The high words of the 64 items from `first`, a multiple of 64.
  void high_words(index first, std::uint32_t (&words)[block]) const {
    using lanes_type = stream_words::type;
    constexpr int lanes = stream_lanes;
    const auto start = static_cast<std::uint32_t>(first / 4);
    for (int i = 0; i < 16; i += lanes) {
      std::uint32_t blocks[lanes];
      for (int j = 0; j < lanes; ++j) blocks[j] = start + static_cast<std::uint32_t>(i + j);
      lanes_type counter[4];
      __builtin_memcpy(counter, blocks, sizeof counter[0]);
      for (int j = 0; j < 3; ++j) counter[j + 1] = lanes_type{} + counter_[j];
      samplers::philox(counter, key_[0], key_[1]);
      for (int j = 0; j < 4; ++j) __builtin_memcpy(words + 16 * j + i, &counter[j], sizeof counter[0]);
    }
  }

 private:
  static constexpr std::uint32_t low_half = std::uint32_t{1} << 30;
  static std::uint32_t low(std::uint64_t number) { return static_cast<std::uint32_t>(number); }
  static std::uint32_t high(std::uint64_t number) { return static_cast<std::uint32_t>(number >> 32); }

  std::uint32_t word(std::int32_t item, std::uint32_t first_block) const {
    const auto i = static_cast<std::uint32_t>(item);
    std::uint32_t counter[4]{first_block + i / 64 * 16 + i % 16, counter_[0], counter_[1], counter_[2]};
    samplers::philox(counter, key_[0], key_[1]);
    return counter[i / 16 % 4];
  }

  std::uint32_t key_[2]{};
  std::uint32_t counter_[3]{};  // the counter's words 1 to 3
};

}  // namespace prefopt::detail
