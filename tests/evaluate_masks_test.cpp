#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/engine.hpp"

/// \file
/// Masked candidates, ragged rows, and what becomes of scores that are not finite.

namespace {

using prefopt::index;
using prefopt::non_finite;
using prefopt::reduction;
using test::matrix;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A wide batch with masks and the same batch without the masked columns.
struct padded {
  index rows, wide, narrow;
  matrix<double> policy, reference, narrow_policy, narrow_reference;
  matrix<std::int32_t> place;  ///< [rows, narrow] where the wide batch holds column k of the narrow one

  padded(index rows, index narrow, index wide, std::uint64_t seed)
      : rows(rows),
        wide(wide),
        narrow(narrow),
        policy(rows, wide, -infinity),
        reference(rows, wide),
        narrow_policy(test::random_scores<double>(rows, narrow, 2, seed)),
        narrow_reference(test::random_scores<double>(rows, narrow, 1, seed + 1)),
        place(rows, narrow) {
    std::mt19937_64 generator(seed + 2);
    const double junk[] = {0, nan, infinity, -infinity, 1e300};
    for (index b = 0; b < rows; ++b) {
      for (index k = 0; k < wide; ++k) reference(b, k) = junk[generator() % 5];
      std::vector<std::int32_t> columns(static_cast<std::size_t>(wide));
      std::iota(columns.begin(), columns.end(), 0);
      std::shuffle(columns.begin() + 1, columns.end(), generator);
      for (index k = 0; k < narrow; ++k) {
        place(b, k) = columns[static_cast<std::size_t>(k)];
        policy(b, place(b, k)) = narrow_policy(b, k);
        reference(b, place(b, k)) = narrow_reference(b, k);
      }
    }
  }
};

TEST_CASE("minus_infinity_masks_a_rejected_item_whatever_the_reference_holds_there") {
  const padded batch(47, 6, 13, 1);
  for (const auto& recipe : test::all_recipes<double>()) {
    if (recipe.pairwise || recipe.name.starts_with("plackett")) continue;
    CAPTURE(recipe.name);
    matrix<double> gradient(47, 13, 99), narrow_gradient(47, 6), losses(47, 1), narrow_losses(47, 1);
    const auto masked =
        recipe({.policy = batch.policy, .reference = batch.reference}, gradient, {.losses = losses});
    const auto plain = recipe({.policy = batch.narrow_policy, .reference = batch.narrow_reference},
                              narrow_gradient, {.losses = narrow_losses});
    CHECK(masked.loss == doctest::Approx(plain.loss).epsilon(1e-14));
    CHECK(masked.margin == doctest::Approx(plain.margin).epsilon(1e-14));
    CHECK(masked.hardest_margin == doctest::Approx(plain.hardest_margin).epsilon(1e-14));
    CHECK(masked.accuracy == plain.accuracy);
    CHECK(masked.examples == 47);
    CHECK(masked.skipped == 0);
    index nonzero = 0;
    for (const double value : gradient.values()) nonzero += value != 0;
    CHECK(nonzero == 47 * 6);
    for (index b = 0; b < 47; ++b) {
      CHECK(losses(b) == doctest::Approx(narrow_losses(b)).epsilon(1e-14));
      for (index k = 0; k < 6; ++k)
        CHECK(gradient(b, batch.place(b, k)) == doctest::Approx(narrow_gradient(b, k)).epsilon(1e-13));
    }
  }
}

TEST_CASE("masked_items_in_an_order_are_passed_over") {
  const padded batch(47, 6, 13, 2);
  matrix<std::int32_t> order(47, 13);
  for (index b = 0; b < 47; ++b) {  // the narrow batch's order, with the masked columns strewn in
    std::vector<bool> used(13, false);
    for (index k = 0; k < 6; ++k) used[static_cast<std::size_t>(batch.place(b, k))] = true;
    index next_real = 0, next_masked = 0;
    for (index j = 0; j < 13; ++j) {
      while (next_masked < 13 && used[static_cast<std::size_t>(next_masked)]) ++next_masked;
      const bool real = next_masked == 13 || (next_real < 6 && (j + b) % 2 == 0);
      order(b, j) = real ? batch.place(b, next_real++) : static_cast<std::int32_t>(next_masked++);
    }
  }
  for (const index top_m : {1, 3, 100}) {
    CAPTURE(top_m);
    const auto objective = prefopt::plackett_luce_topm({.beta = 0.6, .top_m = top_m});
    matrix<double> gradient(47, 13, 99), narrow_gradient(47, 6);
    const auto masked = test::evaluate<double>(
        objective, {.policy = batch.policy, .reference = batch.reference, .order = order}, gradient);
    const auto plain = test::evaluate<double>(
        objective, {.policy = batch.narrow_policy, .reference = batch.narrow_reference}, narrow_gradient);
    CHECK(masked.loss == doctest::Approx(plain.loss).epsilon(1e-13));
    index nonzero = 0;
    for (const double value : gradient.values()) nonzero += value != 0;
    CHECK(nonzero <= 47 * 6);
    for (index b = 0; b < 47; ++b)
      for (index k = 0; k < 6; ++k)
        CHECK(gradient(b, batch.place(b, k)) == doctest::Approx(narrow_gradient(b, k)).epsilon(1e-12));
  }
}

TEST_CASE("counts_mask_what_lies_behind_them_even_nan") {
  const index rows = 47, n = 9;
  auto ragged = test::random_scores<double>(rows, n, 2, 3), by_mask = ragged;
  matrix<std::int32_t> counts(rows, 1);
  for (index b = 0; b < rows; ++b) {
    counts(b) = static_cast<std::int32_t>(b % n);
    for (index k = 1 + counts(b); k < n; ++k) {
      ragged(b, k) = k % 2 == 0 ? nan : 1e300;
      by_mask(b, k) = -infinity;
    }
  }
  for (const auto& recipe : test::all_recipes<double>()) {
    if (recipe.pairwise) continue;
    CAPTURE(recipe.name);
    matrix<double> gradient(rows, n), expected(rows, n);
    const auto counted = recipe({.policy = ragged, .counts = counts}, gradient);
    const auto masked = recipe({.policy = by_mask}, expected);
    CHECK(counted.loss == masked.loss);
    CHECK(counted.margin == masked.margin);
    CHECK(counted.examples == masked.examples);
    CHECK(gradient == expected);
  }
}

TEST_CASE("a_row_without_an_unmasked_rejected_item_has_loss_and_gradient_0") {
  for (const auto& recipe : test::all_recipes<double>()) {
    if (recipe.name == "rpo") continue;
    CAPTURE(recipe.name);
    const index n = recipe.columns(4);
    auto policy = test::random_scores<double>(3, n, 2, 4);
    matrix<double> gradient(3, n, 99), losses(3, 1, 99), alone(1, n);
    const auto first = recipe({.policy = prefopt::view(policy).block(0, 1)}, alone);
    for (index k = 1; k < n; ++k) policy(1, k) = -infinity;
    const matrix<std::int32_t> counts = test::column<std::int32_t>({static_cast<std::int32_t>(n - 1), 0, 0});
    const auto result = recipe({.policy = policy, .counts = counts}, gradient, {.losses = losses});
    CHECK(result.loss == doctest::Approx(first.loss / 3).epsilon(1e-14));
    CHECK(result.examples == 1);
    CHECK(result.skipped == 0);
    CHECK(result.margin == first.margin);
    for (const index b : {1, 2}) {
      CHECK(losses(b) == 0);
      for (index k = 0; k < n; ++k) CHECK(gradient(b, k) == 0);
    }
  }
}

TEST_CASE("a_log_likelihood_needs_no_rejected_item") {
  const matrix<double> policy{{-2, -infinity}, {-1, -3}};
  matrix<double> gradient(2, 2), losses(2, 1);
  const auto objective = prefopt::rpo({.beta = 1, .dpo_weight = 1, .nll_weight = 0.5});
  test::evaluate<double>(objective, {.policy = policy}, gradient,
                         {.reduction = reduction::none, .losses = losses});
  CHECK(losses(0) == 1);
  CHECK(gradient(0, 0) == -0.5);
  CHECK(gradient(0, 1) == 0);
  CHECK(losses(1) == doctest::Approx(0.5 + std::log1p(std::exp(-2.0))));
  const matrix<double> alone{{-2}, {-4}};
  CHECK(test::evaluate<double>(prefopt::nll(), {.policy = alone}).loss == 3);
}

// ---- not finite, and no mask

/// 40 rows of which rows 5 and 33 have a bad score.
struct broken_batch {
  matrix<double> policy = test::random_scores<double>(40, 4, 2, 5),
                 reference = test::random_scores<double>(40, 4, 1, 6);
  broken_batch() {
    policy(33, 1) = nan;
    policy(5, 0) = -infinity;
    reference(5, 2) = nan;
  }
  bool is_broken(index b) const { return b == 5 || b == 33; }
};

TEST_CASE("raise_names_the_first_bad_score_by_row_and_column") {
  const broken_batch batch;
  matrix<double> gradient(40, 4);
  CHECK_THROWS_WITH_AS(
      test::evaluate<double>(prefopt::s_dpo(), {.policy = batch.policy, .reference = batch.reference},
                             gradient),
      "evaluate: policy[5, 0] is -inf, expected a finite score (or -inf for a rejected item, to mask it)",
      prefopt::invalid_argument);
}

TEST_CASE("skip_leaves_bad_rows_out_and_counts_them") {
  const broken_batch batch;
  for (const auto& recipe : test::all_recipes<double>()) {
    if (recipe.pairwise) continue;
    CAPTURE(recipe.name);
    auto clean = batch.policy;
    clean(33, 1) = clean(5, 0) = 0;
    auto clean_reference = batch.reference;
    clean_reference(5, 2) = 0;
    matrix<double> gradient(40, 4, 99), expected(40, 4), losses(40, 1, 99), expected_losses(40, 1);
    const auto result = recipe({.policy = batch.policy, .reference = batch.reference}, gradient,
                               {.losses = losses, .non_finite = non_finite::skip});
    recipe({.policy = clean, .reference = clean_reference}, expected, {.losses = expected_losses});
    CHECK(result.skipped == 2);
    CHECK(result.examples == 38);
    double total = 0;
    for (index b = 0; b < 40; ++b) {
      total += losses(b);
      // A tile with a broken row in it adds up in another order.
      const double kept = batch.is_broken(b) ? 0 : 1;
      CHECK(losses(b) == doctest::Approx(kept * expected_losses(b)).epsilon(1e-12));
      for (index k = 0; k < 4; ++k)
        CHECK(gradient(b, k) == doctest::Approx(kept * expected(b, k)).epsilon(1e-12));
    }
    CHECK(result.loss == doctest::Approx(total / 40).epsilon(1e-14));
    CHECK(std::isfinite(result.margin));
  }
}

TEST_CASE("skip_leaves_an_accumulated_gradient_of_a_bad_row_alone") {
  const broken_batch batch;
  matrix<double> gradient(40, 4, 7);
  test::evaluate<double>(prefopt::dmpo(), {.policy = batch.policy}, gradient,
                         {.accumulate = true, .non_finite = non_finite::skip});
  for (const index b : {5, 33})
    for (index k = 0; k < 4; ++k) CHECK(gradient(b, k) == 7);
}

TEST_CASE("propagate_computes_with_what_it_is_given_and_leaves_other_rows_alone") {
  const broken_batch batch;
  for (const auto& recipe : test::all_recipes<double>()) {
    if (recipe.pairwise) continue;
    CAPTURE(recipe.name);
    auto clean = batch.policy;
    clean(33, 1) = clean(5, 0) = 0;
    matrix<double> gradient(40, 4), expected(40, 4), losses(40, 1);
    const auto result =
        recipe({.policy = batch.policy}, gradient, {.losses = losses, .non_finite = non_finite::propagate});
    recipe({.policy = clean}, expected);
    CHECK(std::isnan(result.loss));
    CHECK(result.skipped == 0);
    CHECK(result.examples == 40);
    CHECK(std::isnan(losses(33)));
    for (index b = 0; b < 40; ++b)
      for (index k = 0; k < 4; ++k)
        if (!batch.is_broken(b)) CHECK(gradient(b, k) == doctest::Approx(expected(b, k)).epsilon(1e-12));
  }
}

TEST_CASE("nan_reaches_the_loss_of_every_pairwise_recipe_under_propagate") {
  const matrix<double> policy{{nan, 0}, {0, nan}};
  for (const auto& recipe : test::all_recipes<double>()) {
    if (!recipe.pairwise) continue;
    CAPTURE(recipe.name);
    matrix<double> losses(2, 1);
    recipe({.policy = policy}, {}, {.losses = losses, .non_finite = non_finite::propagate});
    CHECK(std::isnan(losses(0)));
    CHECK(std::isnan(losses(1)));
  }
}

TEST_CASE("a_gradient_over_the_policy_does_not_hide_the_bad_score") {
  for (const index bad : {0, 5, 300}) {
    auto policy = test::random_scores<double>(600, 2, 2, 7);
    policy(bad, 0) = infinity;
    const std::string message =
        "evaluate: policy[" + std::to_string(bad) +
        ", 0] is inf, expected a finite score (or -inf for a rejected item, to mask it)";
    CHECK_THROWS_WITH_AS(test::evaluate<double>(prefopt::hinge(), {.policy = policy}, policy),
                         message.c_str(), prefopt::invalid_argument);
  }
}

}  // namespace
