#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>

#include <Random123/philox.h>
#include <doctest/doctest.h>

#include <prefopt/samplers/philox.hpp>

using prefopt::samplers::philox;

namespace {

using block = std::array<std::uint32_t, 4>;

constexpr block philox_of(const block& counter, std::uint32_t key0, std::uint32_t key1) {
  std::uint32_t words[4] = {counter[0], counter[1], counter[2], counter[3]};
  philox(words, key0, key1);
  return {words[0], words[1], words[2], words[3]};
}

// Random123's published known answers (kat_vectors, philox4x32 with 10 rounds), met by the compiler.
static_assert(philox_of({0, 0, 0, 0}, 0, 0) == block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
static_assert(philox_of({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, 0xffffffff, 0xffffffff) ==
              block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
static_assert(philox_of({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0) ==
              block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

template <int Lanes>
struct vector_of {
  typedef std::uint32_t type __attribute__((vector_size(4 * Lanes)));
};

/// Every lane has a counter of its own and must find the block that a plain number finds.
template <int Lanes>
void check_lanes() {
  std::mt19937 random(Lanes);
  std::uint32_t counters[4][Lanes], blocks[4][Lanes];
  for (auto& word : counters)
    for (std::uint32_t& lane : word) lane = static_cast<std::uint32_t>(random());
  const auto key0 = static_cast<std::uint32_t>(random()), key1 = static_cast<std::uint32_t>(random());

  typename vector_of<Lanes>::type words[4];
  std::memcpy(words, counters, sizeof words);
  philox(words, key0, key1);
  std::memcpy(blocks, words, sizeof words);
  for (int lane = 0; lane < Lanes; ++lane) {
    const block expected =
        philox_of({counters[0][lane], counters[1][lane], counters[2][lane], counters[3][lane]}, key0, key1);
    for (std::size_t word = 0; word < 4; ++word) REQUIRE(blocks[word][lane] == expected[word]);
  }
}

}  // namespace

TEST_CASE("philox gives Random123's known answers at run time too") {
  volatile std::uint32_t zero = 0;
  CHECK(philox_of({zero, 0, 0, 0}, 0, 0) == block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
}

TEST_CASE("philox agrees with Random123 on random counters and keys") {
  std::mt19937 random(1);
  const auto word = [&] { return static_cast<std::uint32_t>(random()); };
  for (int i = 0; i < 100'000; ++i) {
    const r123::Philox4x32::ctr_type counter{{word(), word(), word(), word()}};
    const r123::Philox4x32::key_type key{{word(), word()}};
    const auto expected = r123::Philox4x32()(counter, key);
    const block actual = philox_of({counter[0], counter[1], counter[2], counter[3]}, key[0], key[1]);
    REQUIRE(std::equal(actual.begin(), actual.end(), expected.begin()));
  }
}

TEST_CASE("philox on vectors finds in each lane what it finds on numbers") {
  check_lanes<2>();
  check_lanes<4>();
  check_lanes<8>();
  check_lanes<16>();
}
