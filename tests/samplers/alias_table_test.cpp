#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/alias_table.hpp>

#include "support/statistics.hpp"

using prefopt::samplers::alias_table;
using prefopt::samplers::random_stream;

namespace {

std::vector<double> law_of(const std::vector<double>& weights) {
  std::vector<double> law(weights.size());
  alias_table(weights).law(law);
  return law;
}

/// The table's own law has to be the weights' up to the rounding that its comment admits.
void check_law(const std::vector<double>& weights) {
  const std::vector<double> law = law_of(weights);
  long double sum = 0;
  for (const double weight : weights) sum += weight;
  const double n = static_cast<double>(weights.size());
  const auto largest =
      static_cast<std::size_t>(std::max_element(weights.begin(), weights.end()) - weights.begin());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    CAPTURE(i);
    const double expected = static_cast<double>(weights[i] / sum);
    const double rounding = i == largest ? 0x1p-32 : 0x1p-33 / n;
    if (!(std::abs(law[i] - expected) <= rounding + 1e-12 * expected)) REQUIRE(law[i] == expected);
    if (weights[i] == 0) REQUIRE(law[i] == 0);
  }
}

std::vector<double> power_law(std::size_t n, double exponent) {
  std::vector<double> weights;
  for (std::size_t i = 0; i < n; ++i) weights.push_back(std::pow(static_cast<double>(i + 1), -exponent));
  std::shuffle(weights.begin(), weights.end(), std::mt19937(1));
  return weights;
}

}  // namespace

TEST_CASE("an alias table has the law of its weights") {
  check_law({3});
  check_law({1, 1});
  check_law({1, 3});
  check_law({0, 0, 5, 0});
  check_law({0, 1, 0, 1, 0, 1});
  check_law({1e-300, 1, 1e300});
  check_law({1e-9, 1e9, 1e-9});
  check_law(std::vector<double>(1000, 0.1));
  check_law(power_law(1000, 0.75));
  check_law(power_law(100'003, 1.5));
  check_law(power_law(1'000'000, 4));
}

TEST_CASE("equal weights and whole columns come out exact") {
  CHECK(law_of({7, 7, 7, 7}) == std::vector<double>{0.25, 0.25, 0.25, 0.25});
  CHECK(law_of({1, 2, 1, 0}) == std::vector<double>{0.25, 0.5, 0.25, 0});
}

TEST_CASE("draws from an alias table follow its law, with one word a draw and with two") {
  for (const auto& weights :
       {std::vector<double>{1}, {1, 0, 2, 0}, {5, 1, 1, 1, 1}, power_law(50, 1), power_law(70'000, 2)}) {
    const alias_table table(weights);
    CHECK(table.words_per_draw() == (weights.size() <= 65'536 ? 1 : 2));
    std::vector<std::int64_t> drawn(weights.size());
    std::vector<std::int32_t> items(24);  // some in lanes, some one by one
    random_stream random(1, 0, weights.size());
    for (int i = 0; i < 50'000; ++i) {
      std::vector<std::uint32_t> words;
      while (words.size() < items.size() * table.words_per_draw()) {
        const auto more = random.next(items.size() * table.words_per_draw() - words.size());
        words.insert(words.end(), more.begin(), more.end());
      }
      table(words, items.data());
      for (const std::int32_t item : items)
        if (item >= 0) ++drawn[static_cast<std::size_t>(item)];
    }
    CHECK(statistics::goodness_of_fit_p(drawn, law_of(weights)) >= 1e-4);
  }
}

TEST_CASE("a word draws an item of a column as often as its share of the column, but for one word in 2^32") {
  constexpr std::uint64_t n = 60'000, all_words = std::uint64_t{1} << 32;
  const auto weights = power_law(n, 1.1);
  const alias_table table(weights);
  for (const std::uint64_t column : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{31'415}, n - 1}) {
    CAPTURE(column);
    const std::uint64_t first = (column * all_words + n - 1) / n,
                        last = ((column + 1) * all_words + n - 1) / n;
    std::vector<std::uint32_t> words;
    for (std::uint64_t word = first; word < last; ++word) words.push_back(static_cast<std::uint32_t>(word));
    std::vector<std::int32_t> items(words.size());
    table(words, items.data());
    // A column has two items at most, its own in front. That of a light item is all that the item has.
    const auto own =
        static_cast<double>(std::count(items.begin(), items.end(), static_cast<std::int32_t>(column)));
    CHECK(std::is_partitioned(items.begin(), items.end(),
                              [&](std::int32_t item) { return item == items.front(); }));
    const double share = law_of(weights)[column];
    if (share * static_cast<double>(n) < 1) CHECK(std::abs(own - share * 0x1p32) < 1);
  }
}

TEST_CASE("lanes and single draws agree, where some bits of a mass are enough and where they are not") {
  for (const std::size_t n : {1000U, 60'000U, 100'000U}) {
    const alias_table table(power_law(n, 0.75));
    random_stream random(3, 1, 4);
    std::vector<std::int32_t> at_once(64), one(1);
    for (int i = 0; i < 10'000; ++i) {
      const auto words = random.next(64);
      table(words, at_once.data());
      for (std::size_t j = 0; j < words.size() / table.words_per_draw(); ++j) {
        table(words.subspan(j * table.words_per_draw(), table.words_per_draw()), one.data());
        REQUIRE(at_once[j] == one[0]);
      }
    }
  }
}
