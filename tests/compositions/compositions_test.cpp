#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <prefopt/recipes/compositions.hpp>

#include "graded/lists.hpp"

/// \file
/// MPPO, RoDPO, Curry-DPO and DOVE against what they are made of, over 10 000 random rows each.

namespace {

using prefopt::index;
using test::difference;
using test::matrix;
using test::run;
using test::same;

constexpr index rows = 10'000;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Log-probabilities, from certain to unlikely.
matrix<double> log_probabilities(index columns, std::uint64_t seed) {
  auto values = test::random_scores<double>(rows, columns, 2, seed);
  for (double& value : values.values()) value = -std::abs(value);
  return values;
}
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

// ---- MPPO

TEST_CASE("mppo_is_the_logistic_cost_of_all_differences_of_probabilities_at_once") {
  const auto policy = log_probabilities(5, 1);
  const auto out = run(prefopt::mppo({.beta = 1.5}), {.policy = policy});
  double worst = 0;
  for (index b = 0; b < rows; ++b) {
    double margin = 0;
    for (index k = 1; k < 5; ++k) margin += std::exp(policy(b, 0)) - std::exp(policy(b, k));
    const double weight = 1.5 / (1 + std::exp(1.5 * margin));
    worst = std::max(worst, std::abs(out.losses(b) - softplus(-1.5 * margin)));
    worst = std::max(worst, std::abs(out.gradient(b, 0) + 4 * weight * std::exp(policy(b, 0))));
    worst = std::max(worst, std::abs(out.gradient(b, 3) - weight * std::exp(policy(b, 3))));
  }
  CHECK(worst < 1e-14);
}

TEST_CASE("mppo_lies_between_softplus_of_minus_and_plus_beta_k") {
  const auto policy = log_probabilities(4, 2);
  const auto out = run(prefopt::mppo({.beta = 2}), {.policy = policy});
  index outside = 0;
  for (const double loss : out.losses.values()) outside += !(loss >= softplus(-6) && loss <= softplus(6));
  CHECK(outside == 0);
}

TEST_CASE("mppo_with_lengths_takes_the_geometric_mean_over_tokens") {
  const auto policy = log_probabilities(3, 3);
  matrix<double> lengths(rows, 3), sums(rows, 3);
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < 3; ++k) {
      lengths(b, k) = 1 + static_cast<double>((b + k) % 5);
      sums(b, k) = policy(b, k) * lengths(b, k);
    }
  auto expected = run(prefopt::mppo(), {.policy = policy});
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < 3; ++k) expected.gradient(b, k) /= lengths(b, k);
  CHECK(same(run(prefopt::mppo(), {.policy = sums, .lengths = lengths}), expected, 1e-13));
}

TEST_CASE("mppo_ignores_masked_items_and_a_reference") {
  const auto policy = log_probabilities(3, 4), reference = log_probabilities(5, 5);
  matrix<double> padded(rows, 5, -infinity);
  for (index b = 0; b < rows; ++b)
    padded(b, 0) = policy(b, 0), padded(b, 2) = policy(b, 1), padded(b, 4) = policy(b, 2);
  const auto narrow = run(prefopt::mppo(), {.policy = policy});
  const auto wide = run(prefopt::mppo(), {.policy = padded, .reference = reference});
  CHECK(difference(wide.losses, narrow.losses) < 1e-15);
  double worst = 0;
  for (index b = 0; b < rows; ++b) {
    CHECK_FALSE((wide.gradient(b, 1) != 0 || wide.gradient(b, 3) != 0));
    worst = std::max(worst, std::abs(wide.gradient(b, 4) - narrow.gradient(b, 2)));
  }
  CHECK(worst < 1e-15);
}

TEST_CASE("mppo_is_finite_for_items_that_are_as_good_as_impossible") {
  const matrix<double> policy{{-1e4, 0, -1e-300}, {0, -1e4, -1e4}};
  const auto out = run(prefopt::mppo({.beta = 1e4}), {.policy = policy});
  CHECK(out.losses(0) == doctest::Approx(2e4));
  CHECK(out.losses(1) == 0);
  for (const double value : out.gradient.values()) CHECK(std::isfinite(value));
}

// ---- DPO and more

TEST_CASE("rodpo_is_cross_entropy_plus_weighted_dpo") {
  const auto policy = log_probabilities(2, 6), reference = log_probabilities(2, 7);
  const prefopt::batch<double> batch{.policy = policy, .reference = reference};
  const auto nll = run(prefopt::nll(), {.policy = policy}), dpo = run(prefopt::dpo({.beta = 0.3}), batch);
  const auto rodpo = run(prefopt::rodpo({.beta = 0.3, .nll_weight = 2, .dpo_weight = 0.25}), batch);
  double worst = 0;
  for (index b = 0; b < rows; ++b) {
    worst = std::max(worst, std::abs(rodpo.losses(b) - (2 * nll.losses(b) + 0.25 * dpo.losses(b))));
    for (index k = 0; k < 2; ++k)
      worst = std::max(worst,
                       std::abs(rodpo.gradient(b, k) - (2 * nll.gradient(b, k) + 0.25 * dpo.gradient(b, k))));
  }
  CHECK(worst < 1e-13);
  CHECK(same(run(prefopt::rodpo({.dpo_weight = 0}), batch), nll, 1e-15));
}

TEST_CASE("curry_dpo_is_dpo") {
  const auto policy = log_probabilities(2, 8), reference = log_probabilities(2, 9);
  CHECK(same(run(prefopt::curry_dpo({.beta = 0.3}), {.policy = policy, .reference = reference}),
             run(prefopt::dpo({.beta = 0.3}), {.policy = policy, .reference = reference}), 1e-15));
}

// ---- contexts and items together

TEST_CASE("dove_is_dpo_over_joint_log_probabilities_and_both_parts_get_its_gradient") {
  const auto parts = log_probabilities(4, 10), reference = log_probabilities(2, 11);
  matrix<double> joint(rows, 2);
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < 2; ++k) joint(b, k) = parts(b, 2 * k) + parts(b, 2 * k + 1);
  const auto dove = run(prefopt::dove({.beta = 0.3}), {.policy = parts, .reference = reference});
  const auto dpo = run(prefopt::dpo({.beta = 0.3}), {.policy = joint, .reference = reference});
  CHECK(difference(dove.losses, dpo.losses) < 1e-14);
  double worst = 0;
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < 4; ++k)
      worst = std::max(worst, std::abs(dove.gradient(b, k) - dpo.gradient(b, k / 2)));
  CHECK(worst < 1e-15);
}

TEST_CASE("dove_in_one_context_is_dpo_over_items") {
  auto parts = log_probabilities(4, 12);
  matrix<double> items(rows, 2);
  for (index b = 0; b < rows; ++b) {
    parts(b, 3) = parts(b, 1);
    for (index k = 0; k < 2; ++k) items(b, k) = parts(b, 2 * k);
  }
  CHECK(difference(run(prefopt::dove(), {.policy = parts}).losses,
                   run(prefopt::dpo(), {.policy = items}).losses) < 1e-13);
}

static_assert(decltype(prefopt::mppo())::needs_log_probabilities);
static_assert(decltype(prefopt::rodpo())::needs_log_probabilities);
static_assert(decltype(prefopt::dove())::needs_log_probabilities);
static_assert(!decltype(prefopt::curry_dpo())::needs_log_probabilities);

TEST_CASE("raw_scores_are_refused_where_they_are_no_log_probabilities") {
  const matrix<double> scores(1, 2, 3.0);
  CHECK_THROWS_WITH_AS(
      run(prefopt::mppo(), {.scores = scores}),
      "evaluate: scores is given, but this objective needs log-probabilities: give them as policy",
      prefopt::invalid_argument);
}

TEST_CASE("dove_wants_two_numbers_per_candidate") {
  const matrix<double> odd(1, 3, -1.0), three(1, 6, -1.0);
  CHECK_THROWS_WITH_AS(run(prefopt::dove(), {.policy = odd}),
                       "evaluate: policy has 3 columns, expected a multiple of the objective's 2 components",
                       prefopt::invalid_argument);
  CHECK_THROWS_WITH_AS(run(prefopt::dove(), {.policy = three}),
                       "evaluate: policy is [1, 3], expected [B, 2]: this objective compares the preferred "
                       "item with one rejected item",
                       prefopt::invalid_argument);
}

}  // namespace
