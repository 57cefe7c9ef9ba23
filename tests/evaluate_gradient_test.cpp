#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate_gradient.hpp>
#include <prefopt/numeric/bfloat16.hpp>
#include <prefopt/recipes.hpp>

#include "support/matrix.hpp"

/// \file
/// The gradient without a loss is the one with it, bit for bit.

namespace {

using prefopt::index;
using test::matrix;

struct shape {
  index rows, columns;
};
constexpr shape shapes[] = {{37, 5}, {70, 16}, {5, 700}};  // the last across the lanes

/// Rows of all kinds: the first masked in part, the last with a score that is not finite where `broken`.
template <class Scalar>
matrix<Scalar> scores_of(const shape& of, bool broken) {
  auto scores = test::random_scores<Scalar>(of.rows, of.columns, 2, 1);
  if (of.columns > 2) scores(0, 2) = -std::numeric_limits<Scalar>::infinity();
  if (broken) scores(of.rows - 1, 1) = std::numeric_limits<Scalar>::quiet_NaN();
  return scores;
}

template <class Scalar, class Objective>
void check(const Objective& objective, shape of, bool reads_reference, bool reads_grades = false) {
  CAPTURE(of.rows);
  CAPTURE(of.columns);
  for (const bool broken : {false, true}) {
    const auto policy = scores_of<Scalar>(of, broken);
    const auto reference = test::random_scores<Scalar>(of.rows, of.columns, 2, 2);
    matrix<Scalar> grades(of.rows, of.columns);
    for (index b = 0; b < of.rows; ++b)
      for (index k = 0; k < of.columns; ++k) grades(b, k) = static_cast<Scalar>((b + 3 * k) % 4);
    prefopt::batch<Scalar> batch{.policy = policy};
    if (reads_reference) batch.reference = reference;
    if (reads_grades) batch.relevance = grades;
    prefopt::options<Scalar> options{.accumulate = broken, .non_finite = prefopt::non_finite::skip};
    matrix<Scalar> expected(of.rows, of.columns, 1), gradient = expected;
    const auto result = prefopt::evaluate(objective, batch, expected, options);
    const index skipped = prefopt::evaluate_gradient(objective, batch, gradient, options);
    CHECK(gradient == expected);
    CHECK(skipped == result.skipped);
    CHECK(skipped == (broken ? 1 : 0));
  }
}

TEST_CASE_TEMPLATE("the_gradient_is_that_of_evaluate", Scalar, float, double) {
  for (const shape& of : shapes) {
    check<Scalar>(prefopt::s_dpo({.beta = 1}), of, true);
    check<Scalar>(prefopt::bpr(), of, false);
    check<Scalar>(prefopt::bce(), of, false);
    check<Scalar>(prefopt::ranknet(), of, false, true);
    check<Scalar>(prefopt::plackett_luce({.beta = 1}), of, true);
  }
  check<Scalar>(prefopt::rpo(), {70, 2}, true);  // a sum of two terms
}

TEST_CASE("narrow_numbers_have_their_gradient_alone_too") {
  using prefopt::bfloat16;
  const auto scores = test::random_scores<float>(300, 40, 2, 3);
  matrix<bfloat16> policy(300, 40, bfloat16(0)), expected = policy, gradient = policy;
  for (std::size_t i = 0; i < scores.values().size(); ++i) policy.values()[i] = bfloat16(scores.values()[i]);
  prefopt::evaluate(prefopt::s_dpo({.beta = 1}), {.policy = policy}, expected);
  prefopt::evaluate_gradient(prefopt::s_dpo({.beta = 1}), {.policy = policy}, gradient);
  index different = 0;
  for (index b = 0; b < 300; ++b)
    for (index k = 0; k < 40; ++k)
      different += static_cast<float>(gradient(b, k)) != static_cast<float>(expected(b, k));
  CHECK(different == 0);
}

TEST_CASE("a_state_moves_on") {
  const auto policy = test::random_scores<double>(40, 2, 2, 4),
             reference = test::random_scores<double>(40, 2, 2, 5);
  const auto objective = prefopt::beta_dpo();
  prefopt::state_of<decltype(objective)> with_loss, without;
  matrix<double> expected(40, 2), gradient(40, 2);
  for (int step = 0; step < 3; ++step) {
    prefopt::evaluate(objective, {.policy = policy, .reference = reference}, expected, {.state = &with_loss});
    prefopt::evaluate_gradient(objective, {.policy = policy, .reference = reference}, gradient,
                               {.state = &without});
    CHECK(gradient == expected);
  }
}

TEST_CASE("what_has_no_loss_is_refused_losses_and_diagnostics") {
  const matrix<double> policy{{1, 0, -1}};
  matrix<double> gradient(1, 3), losses(1, 1);
  const auto s_dpo = prefopt::s_dpo();
  CHECK_THROWS_WITH_AS(prefopt::evaluate_gradient(s_dpo, {.policy = policy}, gradient, {.losses = losses}),
                       "evaluate_gradient: losses is given, but only `evaluate` computes any",
                       prefopt::invalid_argument);
  CHECK_THROWS_WITH_AS(prefopt::evaluate_gradient(s_dpo, {.policy = policy}, gradient, {.diagnostics = true}),
                       "evaluate_gradient: diagnostics is set, but only `evaluate` computes any",
                       prefopt::invalid_argument);
  CHECK(gradient(0, 0) == 0);
}

}  // namespace
