#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/strengths/batch_beta.hpp>
#include <prefopt/weights/focal.hpp>
#include <prefopt/weights/gap_filter.hpp>
#include <prefopt/weights/normalised.hpp>
#include <prefopt/weights/typical_filter.hpp>
#include <prefopt/weights/wpo.hpp>

#include "support/error_text.hpp"
#include "support/matrix.hpp"
#include "support/plain_row.hpp"

/// \file
/// Each weight against its formula, over 10 000 random rows.

namespace {

using namespace prefopt::weights;
using prefopt::index;
using prefopt::lane;
using test::plain_row;
using numbers = std::vector<double>;
constexpr double infinity = std::numeric_limits<double>::infinity();

template <class Weight>
double weight_of(const Weight& weight, const numbers& policy, const numbers& reference = {}) {
  plain_row example(policy, reference);
  return lane(weight(example.row()), 0);
}

struct random_example {
  numbers policy, reference;
  double gap = 0;

  explicit random_example(std::mt19937& generator) : policy(2 + generator() % 4), reference(policy.size()) {
    std::normal_distribution<double> normal(-2, 1.5);
    for (double& p : policy) p = normal(generator);
    for (double& r : reference) r = normal(generator);
    for (std::size_t k = 1; k < policy.size(); ++k)
      gap += (policy[0] - reference[0] - policy[k] + reference[k]) / static_cast<double>(policy.size() - 1);
  }
};

TEST_CASE("focal_weights_fall_with_the_gap") {
  std::mt19937 generator(1);
  for (int trial = 0; trial < 10'000; ++trial) {
    const random_example x(generator);
    const double violation = 1 / (1 + std::exp(0.5 * x.gap));
    REQUIRE(weight_of(focal{.gamma = 1, .kappa = 0.5}, x.policy, x.reference) ==
            doctest::Approx(violation).epsilon(1e-12));
    REQUIRE(weight_of(focal{.gamma = 2.5, .kappa = 0.5}, x.policy, x.reference) ==
            doctest::Approx(std::pow(violation, 2.5)).epsilon(1e-12));
    REQUIRE(weight_of(focal{.gamma = 0}, x.policy, x.reference) == 1);
  }
}

TEST_CASE("wpo's_weights_are_likelihoods_in_units_of_a_typical_one") {
  std::mt19937 generator(2);
  for (int trial = 0; trial < 10'000; ++trial) {
    const random_example x(generator);
    double others = 0;
    for (std::size_t k = 1; k < x.policy.size(); ++k)
      others += x.policy[k] / static_cast<double>(x.policy.size() - 1);
    const double expected = std::exp(x.policy[0] + others);  // without a typical one: Σ π² = 1
    REQUIRE(weight_of(wpo{}, x.policy) == doctest::Approx(expected).epsilon(1e-12));
    REQUIRE(weight_of(wpo{.largest = 1e-2}, x.policy) ==
            doctest::Approx(std::min(1e-2, expected)).epsilon(1e-12));
  }
}

TEST_CASE("a_filter_keeps_the_gaps_between_its_bounds") {
  std::mt19937 generator(3);
  for (int trial = 0; trial < 10'000; ++trial) {
    const random_example x(generator);
    REQUIRE(weight_of(gap_filter{.low = -1, .high = 2}, x.policy, x.reference) ==
            (x.gap >= -1 && x.gap <= 2 ? 1 : 0));
    REQUIRE(weight_of(gap_filter{}, x.policy, x.reference) == 1);
  }
}

TEST_CASE("normalised_weights_have_a_mean_of_1_and_their_proportions") {
  std::mt19937 generator(4);
  std::exponential_distribution<double> positive;
  for (int trial = 0; trial < 10'000; ++trial) {
    const index rows = 1 + static_cast<index>(generator() % 12);
    test::matrix<double> weights(rows, 1), decided(rows, 1);
    for (double& w : weights.values()) w = positive(generator);
    if (rows > 2) weights(1) = std::numeric_limits<double>::quiet_NaN();  // skipped
    normalised<focal>{}.decide(prefopt::view(std::as_const(weights)), prefopt::view(decided));
    double total = 0;
    for (const double w : decided.values()) total += w;
    REQUIRE(total == doctest::Approx(static_cast<double>(rows)));
    REQUIRE(decided(rows - 1) * weights(0) == doctest::Approx(decided(0) * weights(rows - 1)));
    if (rows > 2) REQUIRE(decided(1) == 0);
  }
  test::matrix<double> nothing(3, 1, 0.0), decided(3, 1);
  normalised<focal>{}.decide(prefopt::view(std::as_const(nothing)), prefopt::view(decided));
  CHECK(decided == nothing);
}

TEST_CASE("a_typical_filter_keeps_what_beta_dpo_keeps") {
  std::mt19937 generator(5);
  std::normal_distribution<double> normal(0.5, 2);
  for (int trial = 0; trial < 10'000; ++trial) {
    const index rows = 1 + static_cast<index>(generator() % 20);
    test::matrix<double> gaps(rows, 1), kept(rows, 1), decided(rows, 2);
    for (double& gap : gaps.values()) gap = normal(generator);
    prefopt::strengths::gap_state first{0.3, 1.5, static_cast<std::uint64_t>(trial)}, second = first;
    typical_filter{.rho = 0.4, .seed = 7}.decide(prefopt::view(std::as_const(gaps)), prefopt::view(kept),
                                                 first);
    prefopt::strengths::batch_beta{.rho = 0.4, .seed = 7}.decide(prefopt::view(std::as_const(gaps)),
                                                                 prefopt::view(decided), second);
    for (index b = 0; b < rows; ++b) REQUIRE(kept(b) == decided(b, 1));
    REQUIRE(first.mean == second.mean);
  }
}

TEST_CASE("extreme_scores_and_rows_without_negatives_give_finite_weights") {
  for (const numbers& policy :
       {numbers{1e4, -1e4}, numbers{-1e4, 1e4}, numbers{-1, -infinity}, numbers{-1e4, -1e4, -infinity}})
    for (const double w : {weight_of(focal{.gamma = 3}, policy), weight_of(gap_filter{.low = 0}, policy),
                           weight_of(wpo{.largest = 1}, policy)})
      CHECK((w >= 0 && w <= 1));
}

TEST_CASE("settings_outside_their_range_are_refused") {
  CHECK(error_text([] { focal{.gamma = -1}.check(); }) ==
        "focal: gamma is -1, expected a finite value of at least 0");
  CHECK(error_text([] { focal{.kappa = 0}.check(); }) ==
        "focal: kappa is 0, expected a finite value above 0");
  CHECK(error_text([] { wpo{.largest = 0}.check(); }) == "wpo: largest is 0, expected a value above 0");
  CHECK(error_text([] { gap_filter{.low = 1, .high = 0}.check(); }) ==
        "gap_filter: low is 1, expected at most high, 0");
  CHECK(error_text([] { typical_filter{.rho = 1}.check(); }) ==
        "typical_filter: rho is 1, expected a value in [0, 1)");
  CHECK(error_text([] { typical_filter{.momentum = 2}.check(); }) ==
        "typical_filter: momentum is 2, expected a value in [0, 1]");
  CHECK(error_text([] { normalised<focal>{{.gamma = -1}}.check(); }) ==
        "focal: gamma is -1, expected a finite value of at least 0");
}

}  // namespace
