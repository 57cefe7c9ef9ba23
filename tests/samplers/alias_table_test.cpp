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

TEST_CASE("draws from an alias table follow its law") {
  for (const auto& weights : {std::vector<double>{1}, {1, 0, 2, 0}, {5, 1, 1, 1, 1}, power_law(50, 1)}) {
    const alias_table table(weights);
    random_stream random(1, 0, weights.size());
    std::vector<std::int64_t> drawn(weights.size());
    for (int i = 0; i < 1'000'000; ++i) {
      const auto words = random.next(2);
      if (table.accepts(words[0])) ++drawn[static_cast<std::size_t>(table(words[0], words[1]))];
    }
    CHECK(statistics::goodness_of_fit_p(drawn, law_of(weights)) >= 1e-4);
  }
}
