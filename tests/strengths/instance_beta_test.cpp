#include <algorithm>
#include <limits>
#include <random>

#include <doctest/doctest.h>

#include <prefopt/strengths/instance_beta.hpp>

#include "decide.hpp"
#include "support/error_text.hpp"

namespace {

using prefopt::index;
using prefopt::strengths::gap_state;
using prefopt::strengths::instance_beta;
using prefopt::strengths::update;
using test::decide;
using test::matrix;

TEST_CASE("each_example_gets_its_own_beta") {
  std::mt19937 generator(1);
  for (int trial = 0; trial < 10'000; ++trial) {
    const auto gaps = test::random_gaps(generator);
    gap_state state{.mean = 0.4};
    const instance_beta strength{.beta = 0.2,
                                 .alpha = 0.5,
                                 .momentum = 0.9,
                                 .update = trial % 2 == 0 ? update::before : update::after};
    const auto betas = decide(strength, gaps, state);
    const double mean = trial % 2 == 0 ? state.mean : 0.4;
    for (index b = 0; b < gaps.rows(); ++b)
      REQUIRE(betas(b) == doctest::Approx(std::max(1e-3, 0.2 * (1 + 0.5 * (gaps(b) - mean)))).epsilon(1e-12));
  }
}

TEST_CASE("without_alpha_it_is_a_fixed_strength_even_where_there_is_no_gap") {
  gap_state state;
  const auto betas =
      decide(instance_beta{.beta = 0.3, .alpha = 0}, matrix<double>{{1}, {test::no_gap}}, state);
  CHECK(betas(0) == 0.3);
  CHECK(betas(1) == 1e-3);
}

TEST_CASE("settings_outside_their_range_are_refused") {
  CHECK(error_text([] { instance_beta{.beta = 0}.check(); }) ==
        "instance_beta: beta is 0, expected a finite value above 0");
  CHECK(error_text([] { instance_beta{.alpha = std::numeric_limits<double>::infinity()}.check(); }) ==
        "instance_beta: alpha is inf, expected a finite value");
  CHECK(error_text([] { instance_beta{.beta_min = 0}.check(); }) ==
        "instance_beta: beta_min is 0, expected a finite value above 0");
  CHECK(error_text([] { instance_beta{.momentum = -1}.check(); }) ==
        "instance_beta: momentum is -1, expected a value in [0, 1]");
}

}  // namespace
