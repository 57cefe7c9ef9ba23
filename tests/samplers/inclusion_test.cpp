#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/inclusion.hpp>

#include "support/error_text.hpp"

using prefopt::samplers::inclusion_probabilities;

namespace {

std::vector<double> inclusion_of(const std::vector<double>& law, prefopt::index count) {
  std::vector<double> inclusion(law.size(), -7);
  inclusion_probabilities(law, count, inclusion);
  return inclusion;
}

/// Goes through all sequences of successive draws.
std::vector<double> enumerated(const std::vector<double>& weights, int count) {
  std::vector<double> inclusion(weights.size(), 0.0);
  std::vector<bool> taken(weights.size());
  const std::function<void(int, double)> go = [&](int left, double probability) {
    if (left == 0) return;
    double rest = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) rest += taken[i] ? 0 : weights[i];
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (taken[i] || weights[i] == 0) continue;
      const double p = probability * weights[i] / rest;
      inclusion[i] += p;
      taken[i] = true;
      go(left - 1, p);
      taken[i] = false;
    }
  };
  go(count, 1);
  return inclusion;
}

}  // namespace

TEST_CASE("inclusion probabilities are those of all sequences of draws") {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> exponent(-6, 6);
  for (int trial = 0; trial < 5; ++trial)
    for (int count = 1; count < 6; ++count) {
      std::vector<double> weights(7, 0.0);
      for (std::size_t i = 0; i < 6; ++i) weights[i] = std::exp(exponent(random));
      const std::vector<double> expected = enumerated(weights, count), actual = inclusion_of(weights, count);
      for (std::size_t i = 0; i < weights.size(); ++i) CHECK(std::abs(actual[i] - expected[i]) <= 1e-10);
    }
}

TEST_CASE("equal weights are included equally, one draw has its law, and many draws hold all") {
  for (const double p : inclusion_of(std::vector<double>(50, 3.0), 20)) CHECK(std::abs(p - 0.4) <= 1e-10);
  const std::vector<double> one = inclusion_of({0.5, 0.25, 0, 0.25}, 1);
  CHECK(std::abs(one[0] - 0.5) <= 1e-10);
  CHECK(one[2] == 0);
  CHECK(inclusion_of({0.5, 0.25, 0, 0.25}, 3) == std::vector<double>{1, 1, 0, 1});
  CHECK(inclusion_of({0.5, 0.25, 0, 0.25}, 0) == std::vector<double>(4, 0.0));
  CHECK(inclusion_of({0, 0}, 1) == std::vector<double>(2, 0.0));
}

TEST_CASE("inclusion probabilities name what makes no sense") {
  const auto error_of = [](const std::vector<double>& law, prefopt::index count, std::size_t size) {
    std::vector<double> inclusion(size);
    return error_text([&] { inclusion_probabilities(law, count, inclusion); });
  };
  CHECK(error_of({1, 2}, 1, 3) ==
        "inclusion_probabilities: inclusion is [3], expected [2] (the size of law)");
  CHECK(error_of({1, 2}, -1, 2) == "inclusion_probabilities: count is -1, expected at least 0");
  CHECK(error_of({1, -2}, 1, 2) == "inclusion_probabilities: law[1] is -2, expected at least 0 and finite");
  CHECK(error_of({std::numeric_limits<double>::infinity()}, 1, 1) ==
        "inclusion_probabilities: law[0] is inf, expected at least 0 and finite");
}
