#include <cmath>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/strengths/hars.hpp>

#include "decide.hpp"
#include "support/error_text.hpp"

namespace {

using prefopt::hars_responsiveness;
using prefopt::index;
using prefopt::strengths::hars;
using test::decide;
using test::matrix;
using numbers = std::vector<double>;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST_CASE("equal_gaps_leave_beta_alone") {
  CHECK(hars_responsiveness(numbers{2, 2, 2, 2}) == 1);
  CHECK(hars_responsiveness(numbers{-3}) == 1);
  CHECK(hars_responsiveness(numbers{0, 0, 0}) == 1);
  CHECK(hars_responsiveness(numbers{}) == 1);
}

TEST_CASE("responsiveness_is_a_trimmed_mean_against_sigma_of_1_and_does_not_know_the_unit") {
  std::mt19937 generator(1);
  std::normal_distribution<double> normal(1, 3);
  int checked = 0;
  for (int trial = 0; trial < 10'000; ++trial) {
    numbers gaps(3 + generator() % 10), doubled;
    for (double& gap : gaps) gap = normal(generator);
    for (const double gap : gaps) doubled.push_back(8 * gap);
    const double eta = hars_responsiveness(gaps);
    REQUIRE(hars_responsiveness(doubled) == doctest::Approx(eta).epsilon(1e-12));
    double mean = 0, smallest = 1e300, largest = -1e300, total = 0;
    for (const double gap : gaps) mean += gap / static_cast<double>(gaps.size());
    for (const double gap : gaps) {
      const double r = gap / mean;
      smallest = std::min(smallest, r), largest = std::max(largest, r), total += r;
    }
    if (std::abs(mean) < 1e-2) continue;
    ++checked;
    const double rest = (total - smallest - largest) / static_cast<double>(gaps.size() - 2);
    REQUIRE(eta == doctest::Approx(sigmoid(rest) / 0.73105857863000487).epsilon(1e-9));
  }
  CHECK(checked > 9'000);
}

TEST_CASE("beta_is_strength_times_responsiveness_times_hardness") {
  const matrix<double> seen{{1, 0.8}, {2, 1.2}, {6, 1}, {test::no_gap, test::no_gap}};
  const auto betas = decide(hars{.beta = 0.5}, seen);
  const double eta = hars_responsiveness(numbers{0.5, 1, 3});
  CHECK(betas(0) == doctest::Approx(0.5 * eta * 0.8).epsilon(1e-14));
  CHECK(betas(1) == doctest::Approx(0.5 * eta * 1.2).epsilon(1e-14));
  CHECK(betas(2) == doctest::Approx(0.5 * eta).epsilon(1e-14));
  CHECK(betas(3) == 1e-6);
}

TEST_CASE("hardness_and_settings_outside_their_range_are_refused") {
  CHECK(error_text([] {
          decide(hars{}, matrix<double>{{1, 1}, {1, 0}});
        }) == "hars: hardness[1] is 0, expected a value above 0");
  CHECK(error_text([] { hars{.beta = 0}.check(); }) == "hars: beta is 0, expected a finite value above 0");
  CHECK(error_text([] { hars{.floor = 0}.check(); }) == "hars: floor is 0, expected a finite value above 0");
  CHECK(error_text([] { hars{.smallest_scale = 0}.check(); }) ==
        "hars: smallest_scale is 0, expected a finite value above 0");
}

}  // namespace
