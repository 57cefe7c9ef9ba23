#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/random_stream.hpp>

using prefopt::samplers::bounded_integer;
using prefopt::samplers::philox;
using prefopt::samplers::random_stream;

namespace {

std::vector<std::uint32_t> take(random_stream stream, std::size_t count, std::size_t at_once) {
  std::vector<std::uint32_t> words;
  while (words.size() < count) {
    const auto more = stream.next(std::min(at_once, count - words.size()));
    words.insert(words.end(), more.begin(), more.end());
  }
  return words;
}

}  // namespace

TEST_CASE("word t is word t mod 4 of the block that counts (t / 4, example, step) under the seed") {
  constexpr std::uint64_t seed = 0x0123456789abcdef, step = 0x123456789abc, example = 0xfedcba987654;
  const auto words = take(random_stream(seed, step, example), 1000, 1000);
  for (std::uint32_t b = 0; b < 250; ++b) {
    std::uint32_t block[4] = {b, 0xba987654, 0x56789abc, 0x1234fedc};
    philox(block, 0x89abcdef, 0x01234567);
    for (std::size_t i = 0; i < 4; ++i) REQUIRE(words[4 * b + i] == block[i]);
  }
}

TEST_CASE("the first words of a seed never change") {
  const std::vector<std::uint32_t> pinned{0x9740605c, 0x1d6d73aa, 0x1c8b5d12, 0xa8e51fa7,
                                          0xf34caa0f, 0x549d2166, 0x47eb83af, 0x682a0183};
  CHECK(take(random_stream(7, 1, 2), 8, 8) == pinned);
}

TEST_CASE("words do not depend on how many are taken at once, and pairs stay whole") {
  const auto words = take(random_stream(1, 2, 3), 600, 600);
  for (const std::size_t at_once : {1U, 2U, 3U, 7U, 64U, 1000U})
    CHECK(take(random_stream(1, 2, 3), 600, at_once) == words);

  random_stream pairs(1, 2, 3);
  for (int i = 0; i < 200; ++i) REQUIRE(pairs.next(i % 5 == 0 ? 2 : 22).size() % 2 == 0);
}

TEST_CASE("a stream may start at a later block") {
  const auto words = take(random_stream(1, 2, 3), 100, 100);
  CHECK(take(random_stream(1, 2, 3, 5), 80, 80) == std::vector(words.begin() + 20, words.end()));
}

TEST_CASE("a stream may go on with another example, and leave words out") {
  random_stream stream(1, std::uint64_t{5} << 40, (std::uint64_t{3} << 40) + 1);
  stream.next(5);
  stream.restart((std::uint64_t{9} << 32) + 7);
  const auto words = take(random_stream(1, std::uint64_t{5} << 40, (std::uint64_t{9} << 32) + 7), 300, 300);
  CHECK(take(stream, 300, 300) == words);
  for (const std::size_t skipped : {0U, 3U, 4U, 64U, 130U}) {
    random_stream rest = stream;
    rest.skip(skipped);
    CHECK(take(rest, 100, 100) == std::vector(words.begin() + static_cast<std::ptrdiff_t>(skipped),
                                              words.begin() + static_cast<std::ptrdiff_t>(skipped) + 100));
  }
}

TEST_CASE("two streams have the same words when they are refilled together") {
  random_stream one(1, 2, 3), other(1, 2, 4);
  std::vector<std::uint32_t> words, others;
  for (int i = 0; i < 5; ++i) {
    random_stream::refill(one, other);
    const auto some = one.next(1000), more = other.next(1000);
    words.insert(words.end(), some.begin(), some.end());
    others.insert(others.end(), more.begin(), more.end());
  }
  CHECK(words == take(random_stream(1, 2, 3), words.size(), 1000));
  CHECK(others == take(random_stream(1, 2, 4), others.size(), 1000));
}

TEST_CASE("a real number is the top 53 bits of two words") {
  const auto words = take(random_stream(1, 2, 3), 2000, 2000);
  random_stream stream(1, 2, 3);
  for (std::size_t i = 0; i < 2000; i += 2) {
    const double real = stream.next_real();
    REQUIRE((real >= 0 && real < 1));
    const std::uint64_t top = (std::uint64_t{words[i]} << 21) + (words[i + 1] >> 11);
    REQUIRE(real == static_cast<double>(top) / 9007199254740992.0);
  }
}

TEST_CASE("every number of a bounded integer has exactly the same count of words") {
  constexpr std::uint64_t all_words = std::uint64_t{1} << 32;
  for (const std::uint32_t size : {1U, 2U, 3U, 5U, 12U, 1000U, 4097U, 65'536U, 100'003U}) {
    CAPTURE(size);
    const bounded_integer number(size);
    for (std::uint64_t k = 0; k < size; ++k) {
      // Words first ... last - 1 map to k, and what is rejected among them comes first.
      std::uint64_t first = (k * all_words + size - 1) / size;
      const std::uint64_t last = ((k + 1) * all_words + size - 1) / size;
      while (!number.accepts(static_cast<std::uint32_t>(first))) ++first;
      REQUIRE(last - first == all_words / size);
      REQUIRE(number(static_cast<std::uint32_t>(first)) == k);
      REQUIRE(number(static_cast<std::uint32_t>(last - 1)) == k);
      REQUIRE(number.accepts(static_cast<std::uint32_t>(last - 1)));
    }
  }
}
