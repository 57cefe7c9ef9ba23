#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "support/engine.hpp"

/// \file
/// Scores far apart, scores that tie, and rows of a hundred thousand candidates.

namespace {

using prefopt::index;
using prefopt::reduction;
using test::matrix;

/// Each score is one of −size, −1, 0, 1, size: ties and gaps of every kind.
template <class Scalar>
matrix<Scalar> extreme_scores(index rows, index columns, double size, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  const double choices[] = {-size, -1, 0, 1, size};
  matrix<Scalar> scores(rows, columns);
  for (Scalar& value : scores.values()) value = static_cast<Scalar>(choices[generator() % 5]);
  return scores;
}

template <class Scalar>
void check_finite(double size) {
  for (const auto& recipe : test::all_recipes<Scalar>()) {
    CAPTURE(recipe.name);
    const index n = recipe.columns(5), rows = 1000;
    const auto policy = extreme_scores<Scalar>(rows, n, size, 1),
               reference = extreme_scores<Scalar>(rows, n, size, 2);
    matrix<Scalar> gradient(rows, n), losses(rows, 1);
    const auto result = recipe({.policy = policy, .reference = reference}, gradient,
                               {.reduction = reduction::none, .losses = losses});
    index not_finite = 0;
    for (const Scalar value : gradient.values()) not_finite += !std::isfinite(value);
    for (const Scalar value : losses.values()) not_finite += !std::isfinite(value);
    CHECK(not_finite == 0);
    CHECK(std::isfinite(result.loss));
    CHECK(std::isfinite(result.margin));
  }
}

TEST_CASE("scores_of_1e4_give_finite_losses_and_gradients_in_double") { check_finite<double>(1e4); }
TEST_CASE("scores_of_1e3_give_finite_losses_and_gradients_in_float") { check_finite<float>(1e3); }

TEST_CASE("a_model_that_is_entirely_wrong_still_gets_its_gradient") {
  for (const float gap : {90.0f, 120.0f, 1000.0f}) {
    const matrix<float> policy{{0, gap, 0, 0}};
    matrix<float> gradient(1, 4);
    CHECK(test::evaluate<float>(prefopt::s_dpo(), {.policy = policy}, gradient).loss == gap);
    CHECK(gradient(0, 0) == -1);
    CHECK(gradient(0, 1) == 1);
    CHECK(gradient(0, 2) <= std::exp(-gap));
  }
}

TEST_CASE("a_model_that_has_learnt_keeps_a_small_loss_and_gradient_with_all_their_digits") {
  for (const double gap : {20.0, 40.0, 90.0, 600.0}) {
    const matrix<double> policy{{gap, 0, 0, 0}};
    matrix<double> gradient(1, 4);
    CHECK(test::evaluate<double>(prefopt::s_dpo(), {.policy = policy}, gradient).loss ==
          doctest::Approx(3 * std::exp(-gap)).epsilon(1e-8));
    CHECK(gradient(0, 0) == doctest::Approx(-3 * std::exp(-gap)).epsilon(1e-8));
    CHECK(gradient(0, 1) == doctest::Approx(std::exp(-gap)).epsilon(1e-8));
  }
}

TEST_CASE_TEMPLATE("a_hundred_thousand_equal_candidates_share_the_gradient", Scalar, float, double) {
  constexpr index rejected = 100'000, n = rejected + 1;
  const double epsilon = std::numeric_limits<Scalar>::epsilon();
  const matrix<Scalar> policy(3, n, Scalar(2.5));
  matrix<Scalar> gradient(3, n);
  const auto s_dpo = test::evaluate<Scalar>(prefopt::s_dpo({.beta = 1}), {.policy = policy}, gradient,
                                            {.reduction = reduction::none});
  CHECK(s_dpo.loss == doctest::Approx(std::log(static_cast<double>(n))).epsilon(4 * epsilon));
  CHECK(gradient(2, 0) == doctest::Approx(1 / static_cast<double>(n) - 1).epsilon(4 * epsilon));
  CHECK(gradient(2, rejected) == doctest::Approx(1 / static_cast<double>(n)).epsilon(8 * epsilon));
  for (const auto& recipe : test::all_recipes<Scalar>()) {
    if (recipe.name != "dpo_k" && recipe.name != "dmpo" && recipe.name != "bpr") continue;
    CAPTURE(recipe.name);
    CHECK(recipe({.policy = policy}).loss == doctest::Approx(std::log(2.0)).epsilon(16 * epsilon));
  }
}

TEST_CASE("a_hundred_thousand_random_candidates_match_a_long_double_sum") {
  constexpr index n = 100'001;
  const auto policy = test::random_scores<double>(3, n, 3, 4);
  matrix<double> gradient(3, n), losses(3, 1);
  test::evaluate<double>(prefopt::s_dpo({.beta = 1}), {.policy = policy}, gradient,
                         {.reduction = reduction::none, .losses = losses});
  for (index b = 0; b < 3; ++b) {
    long double total = 0;
    for (index k = 0; k < n; ++k) total += std::exp(static_cast<long double>(policy(b, k)));
    CHECK(losses(b) == doctest::Approx(static_cast<double>(std::log(total) - policy(b, 0))).epsilon(1e-14));
    double worst = 0;
    for (index k = 1; k < n; ++k) {
      const auto expected = static_cast<double>(std::exp(static_cast<long double>(policy(b, k))) / total);
      worst = std::max(worst, std::abs(gradient(b, k) / expected - 1));
    }
    CHECK(worst < 1e-13);
  }
}

/// Such gradients are written past the caches, wherever they begin and however long their rows are.
TEST_CASE_TEMPLATE("a_gradient_larger_than_caches_is_that_of_its_rows", Scalar, float, double) {
  constexpr index numbers = (1 << 22) + 1000;
  const auto scores = test::random_scores<Scalar>(1, numbers, 3, 5);
  const Scalar untouched = -7;
  for (const index n : {1021, 70'001})
    for (const index behind : {0, 1, 15}) {
      CAPTURE(n);
      CAPTURE(behind);
      const index rows = numbers / n + 1;
      test::matrix<Scalar> all(1, rows * n + 2 * behind, untouched), one(1, n);
      std::vector<Scalar> policy(scores.values());
      policy.resize(static_cast<std::size_t>(rows * n), Scalar(1));
      const prefopt::matrix_view<const Scalar> policies{policy.data(), rows, n, n, 1};
      const prefopt::matrix_view<Scalar> gradient{all.values().data() + behind, rows, n, n, 1};
      const auto s_dpo = prefopt::s_dpo({.beta = 1});
      test::evaluate<Scalar>(s_dpo, {.policy = policies}, gradient, {.reduction = reduction::none});
      index wrong = 0;
      for (index b = 0; b < rows; ++b) {
        const prefopt::matrix_view<const Scalar> row{&policies(b, 0), 1, n, n, 1};
        test::evaluate<Scalar>(s_dpo, {.policy = row}, one, {.reduction = reduction::none});
        for (index k = 0; k < n; ++k) wrong += gradient(b, k) != one(0, k);
      }
      CHECK(wrong == 0);
      for (index i = 0; i < behind; ++i) {
        CHECK(all(0, i) == untouched);
        CHECK(all(0, rows * n + behind + i) == untouched);
      }
    }
}

TEST_CASE("an_order_of_a_hundred_thousand_places_is_one_scan") {
  constexpr index n = 100'001;
  const matrix<double> policy(1, n);
  matrix<double> gradient(1, n);
  const auto result = test::evaluate<double>(prefopt::plackett_luce(), {.policy = policy}, gradient);
  CHECK(result.loss == doctest::Approx(std::lgamma(static_cast<double>(n) + 1)).epsilon(1e-12));  // log n!
  double sum = 0;
  for (const double value : gradient.values()) sum += value;
  CHECK(std::abs(sum) < 1e-8);
}

}  // namespace
