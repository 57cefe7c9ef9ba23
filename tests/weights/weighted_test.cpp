#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>
#include <prefopt/testing/gradient_check.hpp>
#include <prefopt/weights/focal.hpp>
#include <prefopt/weights/gap_filter.hpp>
#include <prefopt/weights/hardness.hpp>
#include <prefopt/weights/normalised.hpp>
#include <prefopt/weights/typical_filter.hpp>
#include <prefopt/weights/weighted.hpp>
#include <prefopt/weights/wpo.hpp>

#include "support/error_text.hpp"
#include "support/matrix.hpp"

/// \file
/// A weight on an objective is the batch's `weights`, computed.

namespace {

using namespace prefopt;
using test::matrix;

constexpr index rows = 1000;

struct scores {
  matrix<double> policy, reference, collision = matrix<double>(rows, 1, -2), hardness{rows, 1};
  explicit scores(index rejected)
      : policy(test::random_scores<double>(rows, 1 + rejected, 1, 1)),
        reference(test::random_scores<double>(rows, 1 + rejected, 1, 2)) {
    for (double& p : policy.values()) p = -std::abs(p);
    for (index b = 0; b < rows; ++b) hardness(b) = 0.5 + 1e-3 * static_cast<double>(b);
  }
  prefopt::batch<double> batch() const { return {.policy = policy, .reference = reference}; }
  double gap(index b) const {
    double sum = policy(b, 0) - reference(b, 0);
    const index rejected = policy.columns() - 1;
    for (index k = 1; k <= rejected; ++k)
      sum -= (policy(b, k) - reference(b, k)) / static_cast<double>(rejected);
    return sum;
  }
};

struct outcome {
  matrix<double> losses, gradient;
};
template <class Objective>
outcome run(const Objective& objective, const prefopt::batch<double>& batch, state_of<Objective> state = {}) {
  outcome out{matrix<double>(batch.policy->rows, 1),
              matrix<double>(batch.policy->rows, batch.policy->columns)};
  evaluate(objective, batch, out.gradient,
           {.reduction = reduction::none, .losses = out.losses, .state = &state});
  return out;
}
bool same(const outcome& x, const outcome& y) {
  const auto close = [](const matrix<double>& a, const matrix<double>& b) {
    for (std::size_t i = 0; i < a.values().size(); ++i)
      if (!(std::abs(a.values()[i] - b.values()[i]) <= 1e-12 * (1 + std::abs(b.values()[i])))) return false;
    return true;
  };
  return close(x.losses, y.losses) && close(x.gradient, y.gradient);
}
/// `objective` under the weights w(b), given by the batch.
template <class Objective, class Weight>
outcome by_hand(const Objective& objective, prefopt::batch<double> batch, const Weight& w) {
  matrix<double> weights(rows, 1);
  for (index b = 0; b < rows; ++b) weights(b) = w(b);
  batch.weights = weights;
  return run(objective, batch);
}
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST_CASE("a_weighted_objective_is_the_objective_under_these_weights") {
  const scores x(3);
  const auto squared = [&](index b) { return std::pow(sigmoid(-x.gap(b)), 2); };
  CHECK(same(run(weighted(s_dpo(), weights::focal{.gamma = 2}), x.batch()),
             by_hand(s_dpo(), x.batch(), squared)));
  auto batch = x.batch();
  batch.hardness = x.hardness;
  CHECK(same(run(weighted(dpo_k(), weights::hardness{}), batch),
             by_hand(dpo_k(), x.batch(), [&](index b) { return x.hardness(b); })));
  batch = x.batch();
  batch.log_collision = x.collision;
  CHECK(same(run(weighted(dmpo(), weights::wpo{}), batch), by_hand(dmpo(), x.batch(), [&](index b) {
               return std::exp(x.policy(b, 0) + (x.policy(b, 1) + x.policy(b, 2) + x.policy(b, 3)) / 3 + 4);
             })));
}

TEST_CASE("normalised_weights_are_divided_by_their_mean") {
  const scores x(2);
  double kept = 0;
  for (index b = 0; b < rows; ++b) kept += x.gap(b) >= 0;
  const auto share = [&](index b) { return x.gap(b) >= 0 ? static_cast<double>(rows) / kept : 0; };
  CHECK(same(run(weighted(s_dpo(), weights::normalised<weights::gap_filter>{{.low = 0}}), x.batch()),
             by_hand(s_dpo(), x.batch(), share)));
}

TEST_CASE("sums_are_weighted_term_by_term_and_weights_multiply") {
  const scores x(1);
  const auto once = [&](index b) { return sigmoid(-x.gap(b)); };
  const auto twice = [&](index b) { return sigmoid(-x.gap(b)) * (x.gap(b) <= 1); };
  CHECK(same(run(weighted(rpo(), weights::focal{}), x.batch()), by_hand(rpo(), x.batch(), once)));
  CHECK(same(run(weighted(weighted(dpo(), weights::focal{}), weights::gap_filter{.high = 1}), x.batch()),
             by_hand(dpo(), x.batch(), twice)));
}

TEST_CASE("a_strength_that_decides_over_the_batch_keeps_its_filter_and_its_state") {
  const scores x(1);
  const strengths::gap_state start{.mean = 0.1, .deviation = 1, .batches = 4};
  const auto plain = run(beta_dpo(), x.batch(), start);
  const auto both = run(weighted(beta_dpo(), weights::normalised{weights::focal{}}), x.batch(), start);
  double mean = 0;
  for (index b = 0; b < rows; ++b) mean += sigmoid(-x.gap(b)) / static_cast<double>(rows);
  for (index b = 0; b < rows; ++b)
    REQUIRE(both.losses(b) == doctest::Approx(plain.losses(b) * sigmoid(-x.gap(b)) / mean).epsilon(1e-12));
}

TEST_CASE("a_filter_with_a_state_goes_with_any_objective") {
  const scores x(3);
  const strengths::gap_state start{.mean = 0.1, .deviation = 1, .batches = 4};
  const auto all = run(s_dpo(), x.batch()),
             kept = run(weighted(s_dpo(), weights::typical_filter{}), x.batch(), start);
  double count = 0;
  for (index b = 0; b < rows; ++b) {
    if (kept.losses(b) == 0) continue;
    ++count;
    REQUIRE(kept.losses(b) == doctest::Approx(all.losses(b) * 1.25));
  }
  CHECK(count == 800);
}

TEST_CASE("a_strength_per_pair_and_a_selection_see_nothing_of_the_weight") {
  const scores x(4);
  const auto once = [&](index b) { return sigmoid(-x.gap(b)); };
  CHECK(same(run(weighted(dynamicpo(), weights::focal{}), x.batch()), by_hand(dynamicpo(), x.batch(), once)));
}

TEST_CASE("a_row_without_negatives_keeps_its_likelihood") {
  const double masked = -std::numeric_limits<double>::infinity();
  const matrix<double> policy{{-1, masked}, {-1, -2}};
  const auto out = run(weighted(rpo(), weights::focal{}), {.policy = policy});
  CHECK(out.losses(0) == doctest::Approx(0.5));  // σ(0) · 1 nat
}

TEST_CASE("weights_are_constants_to_the_gradient") {
  const auto policy = test::random_scores<double>(7, 4, 1, 5);
  const auto report =
      testing::check_gradient(weighted(s_dpo(), weights::normalised{weights::focal{}}), {.policy = policy});
  CHECK_MESSAGE(report.passed(), report.message());
}

TEST_CASE("what_a_weight_needs_is_named") {
  const scores x(1);
  CHECK(error_text([&] { run(weighted(dpo(), weights::wpo{}), x.batch()); }) ==
        "evaluate: log_collision is absent, but this objective needs it");
  CHECK(error_text([&] { run(weighted(dpo(), weights::hardness{}), x.batch()); }) ==
        "evaluate: hardness is absent, but this objective needs it");
}

}  // namespace
