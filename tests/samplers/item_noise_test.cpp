#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/detail/item_noise.hpp>
#include <prefopt/samplers/philox.hpp>

#include "support/statistics.hpp"

using namespace prefopt::detail;

namespace {

/// −log2(−ln(1 − v)).
long double exact_gumbel(std::uint64_t word) {
  const long double v = (static_cast<long double>(word) + 0.5L) * 0x1p-64L;
  return -std::log2(-std::log1p(-v));
}

}  // namespace

TEST_CASE("the logarithm in whole numbers is off by at most 2^-26") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 300'000; ++i) {
    const std::uint64_t x = i < 1000 ? static_cast<std::uint64_t>(i + 1) : random() >> random() % 64 | 1;
    const long double error =
        static_cast<long double>(fixed_log2(x)) * 0x1p-32L - std::log2(static_cast<long double>(x));
    REQUIRE(std::abs(error) <= 0x1p-26L);
  }
  CHECK(fixed_log2(1) == 0);
  CHECK(fixed_log2(std::uint64_t{1} << 63) == std::int64_t{63} << 32);
}

TEST_CASE("noise is that of Gumbel, off by at most 2^-22") {
  std::mt19937_64 random(2);
  const auto check = [](std::uint64_t word) {
    const long double error = static_cast<long double>(gumbel(word)) / (1 << noise_bits) - exact_gumbel(word);
    CAPTURE(word);
    REQUIRE(std::abs(error) <= 0x1p-22L);
  };
  for (int i = 0; i < 300'000; ++i) check(random() >> random() % 64);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    check(i);
    check((std::uint64_t{1} << 60) - 500 + i);
    check((std::uint64_t{1} << 63) - 500 + i);
  }
  // The last words of all are rounded: once in 2^64 draws nobody minds half a unit.
  CHECK(gumbel(~std::uint64_t{0}) < gumbel(~std::uint64_t{0} >> 1));
}

TEST_CASE("larger words have smaller noise") {
  for (std::uint64_t word = 1; word >> 63 == 0; word += word / 7 + 1)
    REQUIRE(gumbel(word - 1) >= gumbel(word));
}

TEST_CASE("an item's noise is that of its words, wherever they are computed") {
  const prefopt::samplers::draw_key key{.seed = 0x123456789abcdef0, .step = 0xabcdef012345};
  const std::uint64_t example = 0xfedcba987654;
  const item_noise noise(key, example);
  for (const prefopt::index first : {prefopt::index{0}, prefopt::index{64}, prefopt::index{2'147'483'584}}) {
    std::uint32_t words[64];
    noise.high_words(first, words);
    for (prefopt::index i = 0; i < 64 && first + i < INT32_MAX; ++i) {
      const auto item = static_cast<std::uint32_t>(first + i);
      const auto block = [&](std::uint32_t from) {
        std::uint32_t counter[4]{from + item / 64 * 16 + item % 16, 0xba987654, 0xef012345, 0xabcdfedc};
        prefopt::samplers::philox(counter, 0x9abcdef0, 0x12345678);
        return counter[item / 16 % 4];
      };
      CHECK(words[i] == block(0));
      CHECK(noise(static_cast<std::int32_t>(item)) ==
            gumbel(std::uint64_t{words[i]} << 32 | block(std::uint32_t{1} << 30)));
    }
  }
}

TEST_CASE("the first noise of a seed never changes") {
  const item_noise noise({.seed = 7, .step = 1}, 2);
  std::vector<noise_key> first;
  for (const std::int32_t item : {0, 1, 63, 64, 1'000'000}) first.push_back(noise(item));
  CHECK(first == std::vector<noise_key>{2722519, -26619752, -36945531, -4954669, 30632643});
}
