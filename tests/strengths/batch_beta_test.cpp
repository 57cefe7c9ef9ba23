#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/strengths/batch_beta.hpp>

#include "decide.hpp"
#include "support/error_text.hpp"

namespace {

using prefopt::index;
using prefopt::strengths::batch_beta;
using prefopt::strengths::gap_state;
using prefopt::strengths::update;
using test::decide;
using test::matrix;
using test::no_gap;

TEST_CASE("without_alpha_and_filter_it_is_a_fixed_strength") {
  std::mt19937 generator(1);
  for (int trial = 0; trial < 10'000; ++trial) {
    const auto gaps = test::random_gaps(generator);
    gap_state state;
    const auto decided = decide(batch_beta{.beta = 0.3, .alpha = 0, .rho = 0}, gaps, state);
    for (index b = 0; b < gaps.rows(); ++b) {
      REQUIRE(decided(b, 0) == 0.3);
      REQUIRE(decided(b, 1) == 1);
    }
  }
}

TEST_CASE("beta_follows_the_mean_gap_of_the_kept_and_their_weights_sum_to_the_batch") {
  std::mt19937 generator(2);
  for (int trial = 0; trial < 10'000; ++trial) {
    const auto gaps = test::random_gaps(generator);
    const batch_beta strength{.beta = 0.2, .alpha = 0.5, .rho = 0.4, .beta_min = 0.05, .momentum = 0.8};
    gap_state state{.mean = 0.3, .deviation = 1.5, .batches = static_cast<std::uint64_t>(trial)};
    double mean = 0, squares = 0;
    for (const double gap : gaps.values()) mean += gap / static_cast<double>(gaps.rows());
    for (const double gap : gaps.values()) squares += (gap - mean) * (gap - mean);
    const double deviation = gaps.rows() > 1 ? std::sqrt(squares / static_cast<double>(gaps.rows() - 1)) : 0;

    const auto decided = decide(strength, gaps, state);
    REQUIRE(state.mean == doctest::Approx(0.8 * 0.3 + 0.2 * mean).epsilon(1e-12));
    REQUIRE(state.deviation == doctest::Approx(0.8 * 1.5 + 0.2 * deviation).epsilon(1e-12));
    REQUIRE(state.batches == static_cast<std::uint64_t>(trial) + 1);
    double kept = 0, kept_mean = 0, total = 0;
    for (index b = 0; b < gaps.rows(); ++b)
      if (decided(b, 1) > 0) kept_mean += gaps(b), ++kept, total += decided(b, 1);
    REQUIRE(kept == std::max(1.0, std::floor(static_cast<double>(gaps.rows()) * 0.6 + 1e-9)));
    REQUIRE(total == doctest::Approx(static_cast<double>(gaps.rows())));
    const double expected = std::max(0.05, 0.2 * (1 + 0.5 * (kept_mean / kept - state.mean)));
    for (index b = 0; b < gaps.rows(); ++b)
      REQUIRE(decided(b, 0) == doctest::Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("update_after_decides_by_what_was_known_before") {
  const matrix<double> gaps{{1}, {3}};
  gap_state before, after;
  const auto by_new = decide(batch_beta{.alpha = 1, .rho = 0, .momentum = 0.5}, gaps, before);
  const auto by_old =
      decide(batch_beta{.alpha = 1, .rho = 0, .momentum = 0.5, .update = update::after}, gaps, after);
  CHECK(by_new(0, 0) == doctest::Approx(0.1 * (1 + 2 - 1)));
  CHECK(by_old(0, 0) == doctest::Approx(0.1 * (1 + 2 - 0)));
  CHECK(before.mean == after.mean);
  CHECK(before.deviation == after.deviation);
}

TEST_CASE("the_filter_prefers_typical_gaps") {
  const matrix<double> gaps{{0}, {0.1}, {-0.1}, {9}};
  int kept = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    gap_state state{.mean = 0, .deviation = 1};
    kept += decide(batch_beta{.rho = 0.25, .momentum = 1, .seed = seed}, gaps, state)(3, 1) > 0;
  }
  CHECK(kept == 0);  // e^{-40}
}

TEST_CASE("a_first_batch_whose_policy_is_the_reference_is_drawn_evenly") {
  const matrix<double> gaps(5, 1, 0.0);
  gap_state state;
  const auto decided = decide(batch_beta{}, gaps, state);
  double kept = 0;
  for (index b = 0; b < 5; ++b) kept += decided(b, 1) > 0;
  CHECK(kept == 4);
  CHECK(decided(0, 0) == doctest::Approx(0.1));
}

TEST_CASE("examples_without_a_gap_leave_no_trace") {
  const matrix<double> gaps{{1}, {no_gap}, {2}};
  gap_state state;
  const auto decided = decide(batch_beta{.rho = 0, .momentum = 0}, gaps, state);
  CHECK(state.mean == 1.5);
  CHECK(decided(1, 1) == 0);
  CHECK(decided(0, 1) == 1.5);  // a mean over three rows, two of which are kept

  gap_state untouched{.mean = 3};
  const auto nothing = decide(batch_beta{}, matrix<double>(2, 1, no_gap), untouched);
  CHECK(untouched.mean == 3);
  CHECK(nothing(0, 0) == doctest::Approx(0.1));
  CHECK(nothing(0, 1) == 0);
}

TEST_CASE("a_given_selection_is_kept_instead_of_a_draw") {
  const matrix<double> gaps{{1}, {2}, {3}, {4}};
  const std::vector<index> kept{1, 3};
  gap_state state;
  const auto decided = decide(batch_beta{.momentum = 1, .selected = kept}, gaps, state);
  CHECK(decided.values() ==
        std::vector<double>{decided(0, 0), 0, decided(0, 0), 2, decided(0, 0), 0, decided(0, 0), 2});
  CHECK(decided(0, 0) == doctest::Approx(0.1 * (1 + 0.6 * 3)));
}

TEST_CASE("weights_that_all_underflow_still_draw") {
  const matrix<double> gaps{{1e4}, {2e4}, {-1e4}, {1e300}};
  gap_state state{.mean = 0, .deviation = 1e-3};
  const auto decided = decide(batch_beta{.rho = 0.5, .momentum = 1}, gaps, state);
  double kept = 0;
  for (index b = 0; b < 4; ++b) kept += decided(b, 1) > 0;
  CHECK(kept == 2);
}

TEST_CASE("settings_outside_their_range_are_refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(error_text([] { batch_beta{.beta = 0}.check(); }) ==
        "batch_beta: beta is 0, expected a finite value above 0");
  CHECK(error_text([=] { batch_beta{.alpha = nan}.check(); }) ==
        "batch_beta: alpha is nan, expected a finite value");
  CHECK(error_text([] { batch_beta{.rho = 1}.check(); }) ==
        "batch_beta: rho is 1, expected a value in [0, 1)");
  CHECK(error_text([] { batch_beta{.beta_min = -1}.check(); }) ==
        "batch_beta: beta_min is -1, expected a finite value above 0");
  CHECK(error_text([] { batch_beta{.momentum = 1.5}.check(); }) ==
        "batch_beta: momentum is 1.5, expected a value in [0, 1]");
  CHECK(error_text([] {
          const std::vector<index> outside{2};
          gap_state state;
          decide(batch_beta{.selected = outside}, matrix<double>{{1}, {2}}, state);
        }) == "batch_beta: selected has example 2, expected examples in [0, 2)");
}

}  // namespace
