#include <cmath>

#include <doctest/doctest.h>

#include "support/engine.hpp"

namespace {

using prefopt::index;
using prefopt::reduction;
using test::matrix;

constexpr index rows = 47, columns = 6;
const matrix<double> policy = test::random_scores<double>(rows, columns, 2, 1);
const matrix<double> weights = [] {
  auto w = test::random_scores<double>(rows, 1, 1, 2);
  for (double& value : w.values()) value = std::abs(value);
  w(3) = 0;
  return w;
}();
const auto objective = prefopt::s_dpo({.beta = 0.8});

/// Unweighted losses and gradients, row by row.
struct rows_of_batch {
  matrix<double> losses{rows, 1}, gradient{rows, columns};
  rows_of_batch() {
    test::evaluate<double>(objective, {.policy = policy}, gradient,
                           {.reduction = reduction::none, .losses = losses});
  }
};

double sum(const matrix<double>& values) {
  double total = 0;
  for (const double value : values.values()) total += value;
  return total;
}

/// Loss and gradient are Σ w_b ℓ_b `scale` and w_b dℓ_b `gradient_scale`.
void check(const prefopt::batch<double>& batch, reduction how, double loss_scale, double gradient_scale) {
  const rows_of_batch plain;
  matrix<double> gradient(rows, columns, 99), losses(rows, 1, 99);
  const auto result =
      test::evaluate<double>(objective, batch, gradient, {.reduction = how, .losses = losses});
  double total = 0;
  for (index b = 0; b < rows; ++b) {
    const double weight = batch.weights ? weights(b) : 1;
    total += weight * plain.losses(b);
    CHECK(losses(b) == doctest::Approx(weight * plain.losses(b)).epsilon(1e-14));
    for (index k = 0; k < columns; ++k)
      CHECK(gradient(b, k) == doctest::Approx(weight * gradient_scale * plain.gradient(b, k)).epsilon(1e-14));
  }
  CHECK(result.loss == doctest::Approx(total * loss_scale).epsilon(1e-14));
}

TEST_CASE("mean_divides_by_the_number_of_rows_whatever_they_weigh") {
  check({.policy = policy}, reduction::mean, 1.0 / rows, 1.0 / rows);
  check({.policy = policy, .weights = weights}, reduction::mean, 1.0 / rows, 1.0 / rows);
}

TEST_CASE("weighted_mean_divides_by_the_sum_of_the_weights") {
  check({.policy = policy}, reduction::weighted_mean, 1.0 / rows, 1.0 / rows);
  check({.policy = policy, .weights = weights}, reduction::weighted_mean, 1 / sum(weights), 1 / sum(weights));
}

TEST_CASE("sum_divides_by_nothing") {
  check({.policy = policy}, reduction::sum, 1, 1);
  check({.policy = policy, .weights = weights}, reduction::sum, 1, 1);
}

TEST_CASE("none_leaves_gradients_per_example_and_reports_the_mean") {
  check({.policy = policy}, reduction::none, 1.0 / rows, 1);
  check({.policy = policy, .weights = weights}, reduction::none, 1.0 / rows, 1);
}

TEST_CASE("mean_is_the_default") {
  matrix<double> by_default(rows, columns), mean(rows, columns);
  CHECK(test::evaluate<double>(objective, {.policy = policy}, by_default).loss ==
        test::evaluate<double>(objective, {.policy = policy}, mean, {.reduction = reduction::mean}).loss);
  CHECK(by_default == mean);
}

TEST_CASE("accumulate_adds_to_what_the_gradient_holds") {
  for (const auto& recipe : test::all_recipes<double>()) {
    CAPTURE(recipe.name);
    const index n = recipe.columns(5);
    const auto scores = test::random_scores<double>(rows, n, 2, 3);
    matrix<double> written(rows, n, 99), added(rows, n, 2);
    recipe({.policy = scores}, written);
    recipe({.policy = scores}, added, {.accumulate = true});
    for (index b = 0; b < rows; ++b)
      for (index k = 0; k < n; ++k) CHECK(added(b, k) == 2 + written(b, k));
  }
}

TEST_CASE("halves_of_a_batch_accumulate_to_the_whole") {
  matrix<double> whole(rows, columns), parts(rows, columns);
  test::evaluate<double>(objective, {.policy = policy}, whole, {.reduction = reduction::sum});
  for (const index first : {index{0}, index{20}}) {
    const index count = first == 0 ? 20 : rows - 20;
    test::evaluate<double>(objective, {.policy = prefopt::view(policy).block(first, count)},
                           prefopt::view(parts).block(first, count),
                           {.reduction = reduction::sum, .accumulate = true});
  }
  CHECK(parts == whole);
}

TEST_CASE("a_row_of_weight_0_counts_in_b_and_in_the_statistics_but_not_in_the_loss") {
  const matrix<double> two{{1, 0}, {0, 1}};
  const auto first_only = test::column<double>({1, 0});
  matrix<double> gradient(2, 2);
  const auto result =
      test::evaluate<double>(prefopt::dpo({.beta = 1}), {.policy = two, .weights = first_only}, gradient);
  CHECK(result.loss == doctest::Approx(std::log1p(std::exp(-1.0)) / 2));
  CHECK(result.accuracy == 0.5);
  CHECK(gradient(1, 0) == 0);
  CHECK(gradient(1, 1) == 0);
}

TEST_CASE("losses_can_be_asked_for_without_a_gradient") {
  matrix<double> losses(rows, 1);
  const auto result = test::evaluate<double>(objective, {.policy = policy}, {}, {.losses = losses});
  CHECK(sum(losses) / rows == doctest::Approx(result.loss).epsilon(1e-14));
}

TEST_CASE("the_loss_of_a_million_float_examples_keeps_its_digits") {
  const index many = 1'000'000;
  const matrix<float> scores(many, 2, 0.1f);
  const auto result =
      test::evaluate<float>(prefopt::dpo(), {.policy = scores}, {}, {.reduction = reduction::sum});
  CHECK(result.loss == doctest::Approx(static_cast<double>(many) * std::log(2.0)).epsilon(1e-6));
  CHECK(result.examples == many);
}

}  // namespace
