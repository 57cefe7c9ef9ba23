#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/strengths/dama.hpp>

#include "decide.hpp"
#include "support/error_text.hpp"

namespace {

using prefopt::index;
using prefopt::strengths::dama;
using prefopt::strengths::gap_state;
using test::decide;
using test::matrix;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST_CASE("beta_is_the_data's_share_times_the_model's") {
  std::mt19937 generator(1);
  std::normal_distribution<double> normal(0.05, 0.3);
  for (int trial = 0; trial < 10'000; ++trial) {
    const auto gaps = test::random_gaps(generator);
    matrix<double> seen(gaps.rows(), 2);
    std::vector<index> everyone(static_cast<std::size_t>(gaps.rows()));
    std::iota(everyone.begin(), everyone.end(), 0);
    double model = 0, mean = 0;
    for (index b = 0; b < gaps.rows(); ++b) {
      seen(b, 0) = gaps(b);
      seen(b, 1) = normal(generator);
      model += sigmoid(gaps(b)) / static_cast<double>(gaps.rows());
      mean += gaps(b) / static_cast<double>(gaps.rows());
    }
    gap_state state{.mean = 0.2};
    const auto betas = decide(dama{.beta = 0.4, .selected = everyone}, seen, state);
    for (index b = 0; b < gaps.rows(); ++b)
      REQUIRE(betas(b) ==
              doctest::Approx(std::max(1e-3, 0.4 * sigmoid(seen(b, 1)) / sigmoid(0.0482190464911681) * model /
                                                 sigmoid(0.2)))
                  .epsilon(1e-12));
    REQUIRE(state.mean == doctest::Approx(0.9 * 0.2 + 0.1 * mean).epsilon(1e-12));  // updated after its use
  }
}

TEST_CASE("typical_data_and_gaps_at_the_running_mean_leave_beta_alone") {
  gap_state state{.mean = 0.7};
  const auto betas = decide(dama{.beta = 0.4, .hardness_mean = 0.2},
                            matrix<double>{{0.7, 0.2}, {0.7, 0.2}, {0.7, 0.2}}, state);
  for (index b = 0; b < 3; ++b) CHECK(betas(b) == doctest::Approx(0.4));
}

TEST_CASE("four_in_five_decide_and_the_draw_repeats_with_its_seed_and_batch") {
  std::mt19937 generator(1);
  matrix<double> seen(10, 2, 0.0);
  for (index b = 0; b < 10; ++b) seen(b, 0) = static_cast<double>(b);
  const auto run = [&](std::uint64_t seed, std::uint64_t batches) {
    gap_state state{.mean = 4, .batches = batches};
    return decide(dama{.seed = seed}, seen, state);
  };
  CHECK(run(1, 5) == run(1, 5));
  int different = 0;
  for (std::uint64_t other = 0; other < 20; ++other)
    different += run(1, 5).values() != run(1, 6 + other).values();
  CHECK(different > 0);
}

TEST_CASE("settings_outside_their_range_are_refused") {
  CHECK(error_text([] { dama{.beta = 0}.check(); }) == "dama: beta is 0, expected a finite value above 0");
  CHECK(error_text([] { dama{.hardness_mean = std::numeric_limits<double>::infinity()}.check(); }) ==
        "dama: hardness_mean is inf, expected a finite value");
  CHECK(error_text([] { dama{.drop = -0.1}.check(); }) == "dama: drop is -0.1, expected a value in [0, 1)");
  CHECK(error_text([] { dama{.beta_min = 0}.check(); }) ==
        "dama: beta_min is 0, expected a finite value above 0");
  CHECK(error_text([] { dama{.momentum = 2}.check(); }) == "dama: momentum is 2, expected a value in [0, 1]");
}

}  // namespace
