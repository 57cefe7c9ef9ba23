#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lists.hpp"

/// \file
/// What masks a candidate of a graded list, and which one is called the preferred.

namespace {

using prefopt::index;
using prefopt::non_finite;
using test::lists;
using test::matrix;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Lists with masked candidates strewn in, first column included, and the same lists without them.
struct padded {
  static constexpr index rows = 47, wide = 11, narrow = 5;
  lists kept{rows, narrow, 4, 3};
  matrix<double> policy{rows, wide}, reference{rows, wide}, relevance{rows, wide, -1},
      narrow_reference{rows, narrow};
  matrix<index> place{rows, narrow};  ///< where the wide list holds column k of the narrow one

  padded() {
    std::mt19937_64 generator(5);
    const double junk[] = {0, nan, infinity, -infinity, 1e300};
    narrow_reference = test::random_scores<double>(rows, narrow, 1, 9);
    for (index b = 0; b < rows; ++b) {
      for (index k = 0; k < wide; ++k)
        policy(b, k) = junk[generator() % 5], reference(b, k) = junk[generator() % 5];
      std::vector<index> columns(wide);
      std::iota(columns.begin(), columns.end(), 0);
      std::shuffle(columns.begin(), columns.end(), generator);
      std::sort(columns.begin(), columns.begin() + narrow);
      for (index k = 0; k < narrow; ++k) {
        place(b, k) = columns[static_cast<std::size_t>(k)];
        policy(b, place(b, k)) = kept.policy(b, k);
        reference(b, place(b, k)) = narrow_reference(b, k);
        relevance(b, place(b, k)) = kept.relevance(b, k);
      }
    }
  }
  prefopt::batch<double> batch() const {
    return {.policy = policy, .reference = reference, .relevance = relevance};
  }
  prefopt::batch<double> narrow_batch() const {
    return {.policy = kept.policy, .reference = narrow_reference, .relevance = kept.relevance};
  }
  /// Compares what a recipe makes of the two.
  void check(const test::recipe<double>& recipe, const prefopt::batch<double>& batch) const {
    CAPTURE(recipe.name);
    matrix<double> gradient(rows, wide, 99), narrow_gradient(rows, narrow), losses(rows, 1),
        narrow_losses(rows, 1);
    const auto masked = recipe(batch, gradient, {.losses = losses});
    const auto plain = recipe(narrow_batch(), narrow_gradient, {.losses = narrow_losses});
    CHECK(masked.loss == doctest::Approx(plain.loss).epsilon(1e-13));
    CHECK(masked.margin == doctest::Approx(plain.margin).epsilon(1e-13));
    CHECK(masked.hardest_margin == doctest::Approx(plain.hardest_margin).epsilon(1e-13));
    CHECK(masked.accuracy == plain.accuracy);
    CHECK(masked.examples == plain.examples);
    matrix<double> expected(rows, wide);
    for (index b = 0; b < rows; ++b)
      for (index k = 0; k < narrow; ++k) expected(b, place(b, k)) = narrow_gradient(b, k);
    CHECK(test::difference(gradient, expected) < 1e-13);
    CHECK(test::difference(losses, narrow_losses) < 1e-13);
    index touched = 0;  // exactly 0 where masked
    for (index b = 0; b < rows; ++b)
      for (index k = 0; k < wide; ++k) touched += !(expected(b, k) != 0) && gradient(b, k) != 0;
    CHECK(touched == 0);
  }
};

TEST_CASE("the_grade_minus_1_masks_a_candidate_in_any_column_whatever_stands_there") {
  const padded x;
  for (const auto& recipe : test::graded_recipes<double>()) x.check(recipe, x.batch());
}

TEST_CASE("minus_infinity_in_the_policy_masks_a_candidate_in_any_column_too") {
  padded x;
  for (index b = 0; b < x.rows; ++b)
    for (index k = 0; k < x.wide; ++k)
      if (x.relevance(b, k) == -1) x.policy(b, k) = -infinity, x.relevance(b, k) = k % 2 == 0 ? 3 : nan;
  for (const auto& recipe : test::graded_recipes<double>()) x.check(recipe, x.batch());
}

TEST_CASE("counts_cut_a_graded_list_off") {
  lists x(47, 6, 4);
  matrix<std::int32_t> counts(47, 1);
  auto by_grade = x.relevance;
  for (index b = 0; b < 47; ++b) {
    counts(b) = static_cast<std::int32_t>(b % 6);
    for (index k = 1 + counts(b); k < 6; ++k) x.policy(b, k) = nan, by_grade(b, k) = -1;
  }
  for (const auto& recipe : test::graded_recipes<double>()) {
    CAPTURE(recipe.name);
    matrix<double> gradient(47, 6), expected(47, 6);
    const auto counted = recipe({.policy = x.policy, .counts = counts, .relevance = x.relevance}, gradient);
    const auto graded = recipe({.policy = x.policy, .relevance = by_grade}, expected);
    CHECK(counted.loss == graded.loss);
    CHECK(counted.examples == graded.examples);
    CHECK(gradient == expected);
  }
}

TEST_CASE("a_list_of_one_candidate_or_none_has_gradient_0_and_stays_out_of_the_statistics") {
  const matrix<double> policy{{1, 2, 3}, {nan, 5, nan}, {nan, nan, nan}},
      relevance{{2, 0, 1}, {-1, 3, -1}, {-1, -1, -1}};
  for (const auto& recipe : test::graded_recipes<double>()) {
    CAPTURE(recipe.name);
    matrix<double> gradient(3, 3, 99), losses(3, 1, 99);
    const auto result = recipe({.policy = policy, .relevance = relevance}, gradient, {.losses = losses});
    CHECK(result.examples == 1);
    CHECK(result.skipped == 0);
    CHECK(std::isfinite(losses(0)));
    CHECK(losses(2) == 0);
    for (const index b : {1, 2})
      for (index k = 0; k < 3; ++k) CHECK(gradient(b, k) == 0);
    const bool perfect = recipe.name == "approx_ndcg" || recipe.name == "neural_ndcg";
    if (recipe.name != "lambda_loss ndcgLoss1") CHECK(losses(1) == doctest::Approx(perfect ? -1 : 0));
  }
}

TEST_CASE("the_preferred_candidate_is_the_first_of_the_highest_grade_that_counts") {
  const matrix<double> policy{{9, 2, 7, 4}, {1, nan, 8, 2}}, relevance{{0, 3, 3, 1}, {0, -1, 2, 1}};
  const auto result = test::evaluate<double>(prefopt::ranknet(), {.policy = policy, .relevance = relevance});
  CHECK(result.chosen_reward == (2 + 8) / 2.0);
  CHECK(result.accuracy == 0.5);
  CHECK(result.hardest_margin == ((2 - 9) + (8 - 2)) / 2.0);
}

TEST_CASE("what_is_neither_finite_nor_masked_is_broken_with_its_place") {
  const matrix<double> relevance{{1, 0, -1}, {0, 2, 1}}, first{{nan, 0, nan}, {0, 0, 0}},
      second{{0, 0, nan}, {0, 0, infinity}}, fine{{0, 0, nan}, {0, 0, 0}}, no_grade{{1, nan, -1}, {0, 2, 1}};
  CHECK_THROWS_WITH_AS(
      test::evaluate<double>(prefopt::listnet(), {.policy = first, .relevance = relevance}),
      "evaluate: policy[0, 0] is nan, expected a finite score (or -inf for a rejected item, to mask it)",
      prefopt::invalid_argument);
  CHECK_THROWS_WITH_AS(
      test::evaluate<double>(prefopt::listnet(), {.policy = second, .relevance = relevance}),
      "evaluate: policy[1, 2] is inf, expected a finite score (or -inf for a rejected item, to mask it)",
      prefopt::invalid_argument);
  CHECK_THROWS_WITH_AS(test::evaluate<double>(prefopt::listnet(), {.policy = fine, .relevance = no_grade}),
                       "evaluate: relevance[0, 1] is nan, expected a finite value",
                       prefopt::invalid_argument);
  CHECK(std::isfinite(
      test::evaluate<double>(prefopt::listnet(), {.policy = fine, .relevance = relevance}).loss));
}

TEST_CASE("broken_lists_are_skipped_or_computed_with_and_leave_their_neighbours_alone") {
  lists x(40, 5, 4);
  lists clean = x;
  x.policy(33, 1) = nan;
  x.relevance(5, 0) = nan;
  clean.policy(33, 1) = clean.relevance(5, 0) = 0;
  for (const auto& recipe : test::graded_recipes<double>()) {
    CAPTURE(recipe.name);
    matrix<double> skipped(40, 5, 99), propagated(40, 5, 99), expected(40, 5);
    const auto result = recipe(x.batch(), skipped, {.non_finite = non_finite::skip});
    recipe(x.batch(), propagated, {.non_finite = non_finite::propagate});
    recipe(clean.batch(), expected);
    CHECK(result.skipped == 2);
    CHECK(result.examples == 38);
    double worst = 0;
    for (index b = 0; b < 40; ++b)
      for (index k = 0; k < 5; ++k) {
        const bool broken = b == 33 || b == 5;
        if (broken) CHECK(skipped(b, k) == 0);
        if (broken) continue;
        worst = std::max(
            {worst, std::abs(skipped(b, k) - expected(b, k)), std::abs(propagated(b, k) - expected(b, k))});
      }
    CHECK(worst < 1e-13);
  }
}

}  // namespace
