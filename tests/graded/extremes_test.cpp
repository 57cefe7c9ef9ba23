#include <cmath>
#include <random>

#include <doctest/doctest.h>

#include "lists.hpp"

/// \file
/// Scores and grades far apart, ties, and long lists.

namespace {

using prefopt::index;
using prefopt::losses::weighting_scheme;
using test::matrix;

template <class Scalar>
void check_finite(double size, index rows, index columns) {
  std::mt19937_64 generator(1);
  const double choices[] = {-size, -1, 0, 1, size};
  matrix<Scalar> policy(rows, columns), reference(rows, columns), relevance(rows, columns);
  for (Scalar& value : policy.values()) value = static_cast<Scalar>(choices[generator() % 5]);
  for (Scalar& value : reference.values()) value = static_cast<Scalar>(choices[generator() % 5]);
  for (Scalar& value : relevance.values()) value = static_cast<Scalar>(static_cast<int>(generator() % 6) - 1);
  for (const auto& recipe : test::graded_recipes<Scalar>()) {
    CAPTURE(recipe.name);
    matrix<Scalar> gradient(rows, columns), losses(rows, 1);
    const auto result = recipe({.policy = policy, .reference = reference, .relevance = relevance}, gradient,
                               {.reduction = prefopt::reduction::none, .losses = losses});
    index not_finite = 0;
    for (const Scalar value : gradient.values()) not_finite += !std::isfinite(value);
    for (const Scalar value : losses.values()) not_finite += !std::isfinite(value);
    CHECK(not_finite == 0);
    CHECK(std::isfinite(result.margin));
  }
}

TEST_CASE("scores_of_1e4_give_finite_losses_and_gradients_in_double") { check_finite<double>(1e4, 500, 6); }
TEST_CASE("scores_of_1e3_give_finite_losses_and_gradients_in_float") { check_finite<float>(1e3, 500, 6); }
TEST_CASE("long_lists_give_finite_losses_and_gradients") {
  check_finite<double>(3, 5, 130);
  check_finite<float>(3, 5, 130);
}

TEST_CASE("grades_of_500_do_not_overflow_where_gains_are_relative") {
  const matrix<double> policy{{1, 2, 3, 0}}, high{{500, 499, 0, 498}}, low{{20, 19, 0, 18}};
  const auto check = [&](const auto& objective) {
    matrix<double> gradient(1, 4), expected(1, 4);
    const double loss =
        test::evaluate<double>(objective, {.policy = policy, .relevance = high}, gradient).loss;
    CHECK(loss == doctest::Approx(
                      test::evaluate<double>(objective, {.policy = policy, .relevance = low}, expected).loss)
                      .epsilon(1e-5));
    CHECK(test::difference(gradient, expected) < 1e-5);
  };
  check(prefopt::approx_ndcg());
  check(prefopt::neural_ndcg());
  check(prefopt::lambda_loss());
  check(prefopt::lambda_loss({.weighting_scheme = weighting_scheme::ndcgLoss1}));
}

TEST_CASE("equal_scores_rank_in_the_order_of_the_columns") {
  // |1 / D(1) − 1 / D(2)| or |1 / D(1) − 1 / D(3)|, by which of the equal candidates is relevant
  const double d2 = 1 / std::log2(3.0), d3 = 0.5;
  const auto loss = [](const matrix<double>& relevance) {
    const matrix<double> policy(1, 3, 4.0);
    return test::evaluate<double>(prefopt::lambda_loss(), {.policy = policy, .relevance = relevance}).loss;
  };
  CHECK(loss({{1, 0, 0}}) == doctest::Approx((1 - d2) + (1 - d3)));
  CHECK(loss({{0, 1, 0}}) == doctest::Approx((1 - d2) + (d2 - d3)));
  CHECK(loss({{0, 0, 1}}) == doctest::Approx((1 - d3) + (d2 - d3)));
}

TEST_CASE("equal_scores_share_the_gradient_of_soft_sorts") {
  const matrix<double> policy(1, 4, 1.5), relevance{{1, 0, 0, 1}};
  for (const bool neural : {false, true}) {
    matrix<double> gradient(1, 4);
    neural
        ? test::evaluate<double>(prefopt::neural_ndcg(), {.policy = policy, .relevance = relevance}, gradient)
        : test::evaluate<double>(prefopt::approx_ndcg(), {.policy = policy, .relevance = relevance},
                                 gradient);
    CHECK(gradient(0, 0) == doctest::Approx(gradient(0, 3)));
    CHECK(gradient(0, 1) == doctest::Approx(gradient(0, 2)));
    CHECK(gradient(0, 0) == doctest::Approx(-gradient(0, 1)));
    CHECK(gradient(0, 0) < 0);
  }
}

TEST_CASE("a_group_far_ahead_costs_almost_nothing_and_one_far_behind_its_distance") {
  const auto loss = [](const matrix<double>& policy) {
    const matrix<double> relevance{{1, 1, 0, 0}};
    return test::evaluate<double>(prefopt::plackett_luce_groups({.beta = 1}),
                                  {.policy = policy, .relevance = relevance})
        .loss;
  };
  CHECK(std::abs(loss({{1e4, 1e4, 0, 0}})) < 1e-14);
  CHECK(loss({{30, 500, 0, 0}}) == doctest::Approx(2 * std::exp(-30)).scale(1e-10));
  // two after another, each out of two far ahead: e^−1e4 / 2 each, in either order
  CHECK(loss({{0, 0, 1e4, 1e4}}) ==
        doctest::Approx(2 * (1e4 + std::log(2.0)) - std::log(2.0)).epsilon(1e-13));
}

}  // namespace
