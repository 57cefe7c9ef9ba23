#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "support/engine.hpp"

/// \file
/// The identities and inequalities of the specification's sections 1 to 3 and 6, each over 10 000 random rows
/// or more.

namespace {

using prefopt::index;
using prefopt::reduction;
using test::matrix;

constexpr index rows = 10'000;

/// Losses and gradients row by row.
struct outcome {
  matrix<double> losses, gradient;
};
template <class Objective>
outcome run(const Objective& objective, const prefopt::batch<double>& batch) {
  const index count = batch.policy->rows;
  outcome out{matrix<double>(count, 1), matrix<double>(count, batch.policy->columns)};
  test::evaluate<double>(objective, batch, out.gradient,
                         {.reduction = reduction::none, .losses = out.losses});
  return out;
}

/// The largest |x − y| / (1 + |y|).
double difference(const matrix<double>& x, const matrix<double>& y) {
  double worst = 0;
  for (std::size_t i = 0; i < x.values().size(); ++i) {
    const double error = std::abs(x.values()[i] - y.values()[i]) / (1 + std::abs(y.values()[i]));
    if (!(error <= worst)) worst = error;
  }
  return worst;
}
bool same(const outcome& x, const outcome& y, double tolerance = 1e-12) {
  return difference(x.losses, y.losses) < tolerance && difference(x.gradient, y.gradient) < tolerance;
}
template <class Function>
bool every(const Function& holds) {
  for (index b = 0; b < rows; ++b)
    if (!holds(b)) return false;
  return true;
}
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

/// Scores of every size, from nearly equal to far apart.
struct scores {
  matrix<double> policy, reference;

  explicit scores(index rejected, std::uint64_t seed = 1)
      : policy(test::random_scores<double>(rows, 1 + rejected, 1, seed)),
        reference(test::random_scores<double>(rows, 1 + rejected, 1, seed + 100)) {
    for (index b = 0; b < rows; ++b)
      for (index k = 0; k <= rejected; ++k) policy(b, k) *= std::pow(10.0, static_cast<double>(b % 5) - 2);
  }
  prefopt::batch<double> batch() const { return {.policy = policy, .reference = reference}; }
  double a(index b, index k) const { return policy(b, k) - reference(b, k); }
};

// ---- one rejected item

TEST_CASE("with_one_rejected_item_the_objectives_over_several_are_dpo") {
  const scores x(1);
  const auto dpo = run(prefopt::dpo({.beta = 0.6}), x.batch());
  CHECK(same(run(prefopt::s_dpo({.beta = 0.6}), x.batch()), dpo));
  CHECK(same(run(prefopt::dpo_k({.beta = 0.6}), x.batch()), dpo));
  CHECK(same(run(prefopt::dmpo({.beta = 0.6}), x.batch()), dpo));
  CHECK(same(run(prefopt::plackett_luce({.beta = 0.6}), x.batch()), dpo));
  CHECK(same(run(prefopt::softmax(), x.batch()), run(prefopt::bpr(), x.batch())));
}

TEST_CASE("without_label_smoothing_cdpo_and_robust_dpo_are_dpo") {
  const scores x(1);
  const auto dpo = run(prefopt::dpo(), x.batch());
  CHECK(same(run(prefopt::cdpo(), x.batch()), dpo, 1e-15));
  CHECK(same(run(prefopt::robust_dpo(), x.batch()), dpo, 1e-15));
}

TEST_CASE("swapping_the_pair_turns_dpo_by_its_margin_and_undoes_label_noise") {
  const scores x(1);
  scores swapped = x;
  for (index b = 0; b < rows; ++b) {
    std::swap(swapped.policy(b, 0), swapped.policy(b, 1));
    std::swap(swapped.reference(b, 0), swapped.reference(b, 1));
  }
  const auto dpo = run(prefopt::dpo({.beta = 0.3}), x.batch()),
             opposite = run(prefopt::dpo({.beta = 0.3}), swapped.batch());
  const auto cdpo = run(prefopt::cdpo({.beta = 0.3, .label_smoothing = 0.2}), x.batch());
  const prefopt::robust_dpo_settings noisy{.beta = 0.3, .label_smoothing = 0.2};
  const auto robust = run(prefopt::robust_dpo(noisy), x.batch()),
             robust_opposite = run(prefopt::robust_dpo(noisy), swapped.batch());
  CHECK(every([&](index b) {
    const double margin = 0.3 * (x.a(b, 0) - x.a(b, 1));
    return dpo.losses(b) - opposite.losses(b) == doctest::Approx(-margin).epsilon(1e-12).scale(1);
  }));
  CHECK(every([&](index b) {
    return cdpo.losses(b) == doctest::Approx(0.8 * dpo.losses(b) + 0.2 * opposite.losses(b)).epsilon(1e-12);
  }));
  CHECK(every([&](index b) {  // unbiased: its mean over the flips is the loss without them
    return 0.8 * robust.losses(b) + 0.2 * robust_opposite.losses(b) ==
           doctest::Approx(dpo.losses(b)).epsilon(1e-12).scale(1);
  }));
}

TEST_CASE("rpo_is_its_two_terms_weighted") {
  const scores x(1);
  const auto rpo = run(prefopt::rpo({.beta = 0.3, .dpo_weight = 2, .nll_weight = 0.25}), x.batch());
  const auto sum = run(2 * prefopt::dpo({.beta = 0.3}) + 0.25 * prefopt::nll(), x.batch());
  const auto dpo = run(prefopt::dpo({.beta = 0.3}), x.batch()), nll = run(prefopt::nll(), x.batch());
  CHECK(same(rpo, sum, 1e-15));
  CHECK(every([&](index b) {
    return nll.losses(b) == -x.policy(b, 0) && nll.gradient(b, 0) == -1 && nll.gradient(b, 1) == 0;
  }));
  CHECK(every([&](index b) {
    return rpo.losses(b) ==
               doctest::Approx(2 * dpo.losses(b) + 0.25 * nll.losses(b)).epsilon(1e-13).scale(1) &&
           rpo.gradient(b, 0) == doctest::Approx(2 * dpo.gradient(b, 0) - 0.25).epsilon(1e-13);
  }));
}

// ---- where policy and reference agree

TEST_CASE("where_the_policy_is_the_reference_the_losses_are_known") {
  const auto check = [](index rejected, const auto& objective, double expected) {
    const scores x(rejected);
    const auto out = run(objective, {.policy = x.policy, .reference = x.policy});
    CHECK(difference(out.losses, matrix<double>(rows, 1, expected)) < 1e-14);
  };
  check(1, prefopt::dpo(), std::log(2.0));
  check(1, prefopt::cdpo({.label_smoothing = 0.3}), std::log(2.0));
  check(1, prefopt::robust_dpo({.label_smoothing = 0.3}), std::log(2.0));
  check(1, prefopt::ipo({.beta = 0.2}), 1 / (4 * 0.2 * 0.2));
  check(1, prefopt::hinge(), 1);
  check(7, prefopt::s_dpo(), std::log(8.0));
  check(7, prefopt::dpo_k(), std::log(2.0));
  check(7, prefopt::dmpo(), std::log(2.0));
  check(4, prefopt::plackett_luce(), std::log(120.0));
  check(4, prefopt::plackett_luce_topm({.top_m = 2}), std::log(20.0));
}

// ---- symmetries

TEST_CASE("gradients_of_translation_invariant_objectives_sum_to_0_in_each_row") {
  for (const auto& recipe : test::all_recipes<double>()) {
    if (!recipe.translation_invariant) continue;
    CAPTURE(recipe.name);
    const scores x(recipe.columns(6) - 1);
    matrix<double> gradient(rows, recipe.columns(6));
    recipe(x.batch(), gradient, {.reduction = reduction::none});
    CHECK(every([&](index b) {
      double sum = 0, size = 0;
      for (index k = 0; k < gradient.columns(); ++k) sum += gradient(b, k), size += std::abs(gradient(b, k));
      return std::abs(sum) <= 1e-13 * (1 + size);
    }));
  }
}

TEST_CASE("a_constant_added_to_a_row_changes_translation_invariant_objectives_alone") {
  for (const auto& recipe : test::all_recipes<double>()) {
    CAPTURE(recipe.name);
    const scores x(recipe.columns(6) - 1);
    scores moved = x;
    for (index b = 0; b < rows; ++b)
      for (index k = 0; k < recipe.columns(6); ++k) moved.policy(b, k) += 3 + static_cast<double>(b % 7);
    outcome out{matrix<double>(rows, 1), matrix<double>(rows, recipe.columns(6))}, out_moved = out;
    recipe(x.batch(), out.gradient, {.reduction = reduction::none, .losses = out.losses});
    recipe(moved.batch(), out_moved.gradient, {.reduction = reduction::none, .losses = out_moved.losses});
    CHECK(same(out, out_moved, 1e-11) == recipe.translation_invariant);
  }
}

TEST_CASE("a_constant_reference_is_no_reference") {
  for (const auto& recipe : test::all_recipes<double>()) {
    CAPTURE(recipe.name);
    const scores x(recipe.columns(6) - 1);
    const matrix<double> constant(rows, recipe.columns(6), -3.5);
    matrix<double> with(rows, 1), without(rows, 1);
    recipe({.policy = x.policy, .reference = constant}, {}, {.losses = with});
    recipe({.policy = x.policy}, {}, {.losses = without});
    CHECK(difference(with, without) < 1e-12);
  }
}

TEST_CASE("policy_and_reference_moved_alike_change_nothing_under_an_implicit_reward") {
  for (const auto& recipe : test::all_recipes<double>()) {
    if (recipe.name == "bpr" || recipe.name == "softmax" || recipe.name == "rpo" ||
        !recipe.translation_invariant)
      continue;
    CAPTURE(recipe.name);
    const scores x(recipe.columns(6) - 1), shift(recipe.columns(6) - 1, 7);
    scores moved = x;
    for (std::size_t i = 0; i < x.policy.values().size(); ++i) {
      moved.policy.values()[i] += shift.reference.values()[i];
      moved.reference.values()[i] += shift.reference.values()[i];
    }
    matrix<double> losses(rows, 1), moved_losses(rows, 1);
    recipe(x.batch(), {}, {.losses = losses});
    recipe(moved.batch(), {}, {.losses = moved_losses});
    CHECK(difference(moved_losses, losses) < 1e-11);
  }
}

TEST_CASE("permuting_the_rejected_items_permutes_their_gradients") {
  std::mt19937_64 generator(3);
  std::vector<index> place{1, 2, 3, 4, 5, 6};
  std::shuffle(place.begin(), place.end(), generator);
  const scores x(6);
  scores permuted = x;
  for (index b = 0; b < rows; ++b)
    for (index k = 1; k <= 6; ++k) {
      permuted.policy(b, place[static_cast<std::size_t>(k - 1)]) = x.policy(b, k);
      permuted.reference(b, place[static_cast<std::size_t>(k - 1)]) = x.reference(b, k);
    }
  for (const auto& recipe : test::all_recipes<double>()) {
    if (recipe.pairwise || recipe.name.starts_with("plackett")) continue;
    CAPTURE(recipe.name);
    matrix<double> gradient(rows, 7), other(rows, 7), losses(rows, 1), other_losses(rows, 1), back(rows, 7);
    recipe(x.batch(), gradient, {.reduction = reduction::none, .losses = losses});
    recipe(permuted.batch(), other, {.reduction = reduction::none, .losses = other_losses});
    for (index b = 0; b < rows; ++b) {
      back(b, 0) = other(b, 0);
      for (index k = 1; k <= 6; ++k) back(b, k) = other(b, place[static_cast<std::size_t>(k - 1)]);
    }
    CHECK(difference(other_losses, losses) < 1e-13);
    CHECK(difference(back, gradient) < 1e-13);
  }
}

// ---- several rejected items

TEST_CASE("dmpo_is_at_most_dpo_k_at_most_s_dpo_at_most_k_times_dpo_k") {
  for (const index rejected : {2, 5, 16}) {
    const scores x(rejected);
    const auto dmpo = run(prefopt::dmpo({.beta = 0.8}), x.batch()),
               dpo_k = run(prefopt::dpo_k({.beta = 0.8}), x.batch()),
               s_dpo = run(prefopt::s_dpo({.beta = 0.8}), x.batch());
    const auto at_most = [](double low, double high) { return low <= high * (1 + 1e-14) + 1e-300; };
    CHECK(every([&](index b) {
      return at_most(dmpo.losses(b), dpo_k.losses(b)) && at_most(dpo_k.losses(b), s_dpo.losses(b)) &&
             at_most(s_dpo.losses(b), static_cast<double>(rejected) * dpo_k.losses(b));
    }));
  }
}

TEST_CASE("s_dpo_is_softmax_over_log_ratios_with_temperature_1_over_beta") {
  const scores x(6);
  matrix<double> ratios(rows, 7);
  for (std::size_t i = 0; i < ratios.values().size(); ++i)
    ratios.values()[i] = x.policy.values()[i] - x.reference.values()[i];
  CHECK(same(run(prefopt::s_dpo({.beta = 0.4}), x.batch()),
             run(prefopt::softmax({.temperature = 2.5}), {.policy = ratios})));
}

TEST_CASE("over_a_full_catalogue_s_dpo_without_reference_is_cross_entropy") {
  const scores x(99);
  const auto out = run(prefopt::s_dpo({.beta = 1}), {.policy = x.policy});
  CHECK(every([&](index b) {
    double top = x.policy(b, 0), total = 0;
    for (index k = 0; k < 100; ++k) top = std::max(top, x.policy(b, k));
    for (index k = 0; k < 100; ++k) total += std::exp(x.policy(b, k) - top);
    const double log_normaliser = top + std::log(total);
    for (index k = 0; k < 100; ++k)
      if (std::abs(out.gradient(b, k) - (std::exp(x.policy(b, k) - log_normaliser) - (k == 0))) > 1e-12)
        return false;
    return out.losses(b) == doctest::Approx(log_normaliser - x.policy(b, 0)).epsilon(1e-12).scale(1);
  }));
}

TEST_CASE("without_reference_and_with_beta_1_dpo_and_dpo_k_are_bpr") {
  const scores one(1), several(6);
  CHECK(same(run(prefopt::dpo({.beta = 1}), {.policy = one.policy}),
             run(prefopt::bpr(), {.policy = one.policy}), 1e-14));
  CHECK(same(run(prefopt::dpo_k({.beta = 1}), {.policy = several.policy}),
             run(prefopt::bpr(), {.policy = several.policy}), 1e-14));
}

TEST_CASE("every_rejected_item_taken_three_times_adds_log_3_to_the_argument_of_s_dpo") {
  const scores x(4);
  matrix<double> tripled(rows, 13), reference(rows, 13);
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < 13; ++k) {
      const index from = k == 0 ? 0 : 1 + (k - 1) % 4;
      tripled(b, k) = x.policy(b, from);
      reference(b, k) = x.reference(b, from);
    }
  const auto once = run(prefopt::s_dpo({.beta = 0.2}), x.batch());
  const auto thrice = run(prefopt::s_dpo({.beta = 0.2}), {.policy = tripled, .reference = reference});
  CHECK(every([&](index b) {  // loss = softplus(z); log(e^loss − 1) = loss + log(1 − e^−loss) cannot overflow
    const double z = once.losses(b) + std::log(-std::expm1(-once.losses(b)));
    return thrice.losses(b) == doctest::Approx(softplus(z + std::log(3.0))).epsilon(1e-11);
  }));
}

TEST_CASE("a_small_beta_gives_every_comparison_the_same_gradient") {
  constexpr double beta = 1e-7;
  const scores one(1), several(6);
  const auto dpo = run(prefopt::dpo({.beta = beta}), one.batch()),
             s_dpo = run(prefopt::s_dpo({.beta = beta}), several.batch());
  CHECK(every([&](index b) { return std::abs(dpo.gradient(b, 0) / beta + 0.5) < 1e-4; }));
  CHECK(every([&](index b) {
    for (index k = 0; k < 7; ++k)
      if (std::abs(s_dpo.gradient(b, k) / beta - (1 / 7.0 - (k == 0))) > 1e-4) return false;
    return true;
  }));
}

TEST_CASE("a_large_beta_makes_s_dpo_the_margin_to_the_hardest_item") {
  constexpr double beta = 1e6;
  const scores x(6);
  const auto out = run(prefopt::s_dpo({.beta = beta}), x.batch());
  CHECK(every([&](index b) {
    double hardest = 0;
    for (index k = 1; k < 7; ++k) hardest = std::max(hardest, x.a(b, k) - x.a(b, 0));
    return std::abs(out.losses(b) / beta - hardest) < 1e-5;
  }));
}

TEST_CASE("losses_fall_in_the_preferred_and_rise_in_the_rejected_scores") {
  for (const auto& recipe : test::all_recipes<double>()) {
    // Beyond their target, ipo and smoothed labels pull back; in an order, middle places do both.
    if (recipe.name == "ipo" || recipe.name == "cdpo" || recipe.name.starts_with("plackett")) continue;
    CAPTURE(recipe.name);
    const scores x(recipe.columns(6) - 1);
    matrix<double> gradient(rows, recipe.columns(6));
    recipe(x.batch(), gradient);
    CHECK(every([&](index b) {
      for (index k = 1; k < gradient.columns(); ++k)
        if (!(gradient(b, k) >= 0)) return false;
      return gradient(b, 0) <= 0;
    }));
  }
}

TEST_CASE("gbce_with_t_0_weighs_the_preferred_item_like_any_other_and_with_t_1_by_the_sampled_share") {
  const scores x(6);
  const auto plain = run(prefopt::gbce({.num_items = 100, .t = 0}), {.policy = x.policy});
  const auto full = run(prefopt::gbce({.num_items = 100, .t = 1}), {.policy = x.policy});
  CHECK(every([&](index b) {
    double rejected = 0;
    for (index k = 1; k < 7; ++k) rejected += softplus(x.policy(b, k));
    const double preferred = softplus(-x.policy(b, 0));
    return plain.losses(b) == doctest::Approx((preferred + rejected) / 7).epsilon(1e-13) &&
           full.losses(b) == doctest::Approx((preferred * 6 / 99 + rejected) / 7).epsilon(1e-13);
  }));
}

// ---- orders

TEST_CASE("plackett_luce_over_one_place_is_s_dpo_and_over_all_but_one_is_complete") {
  const scores x(6);
  CHECK(same(run(prefopt::plackett_luce_topm({.beta = 0.5, .top_m = 1}), x.batch()),
             run(prefopt::s_dpo({.beta = 0.5}), x.batch())));
  const auto full = run(prefopt::plackett_luce({.beta = 0.5}), x.batch());
  for (const index top_m : {6, 7, 100})
    CHECK(same(run(prefopt::plackett_luce_topm({.beta = 0.5, .top_m = top_m}), x.batch()), full));
}

TEST_CASE("the_probabilities_of_all_orders_and_of_all_ordered_prefixes_sum_to_1") {
  for (const index n : {2, 3, 4, 5}) {
    std::vector<std::int32_t> permutation(static_cast<std::size_t>(n));
    std::iota(permutation.begin(), permutation.end(), 0);
    std::vector<std::int32_t> all;
    do all.insert(all.end(), permutation.begin(), permutation.end());
    while (std::next_permutation(permutation.begin(), permutation.end()));
    const index orders = static_cast<index>(all.size()) / n, contexts = rows / orders + 1;
    matrix<std::int32_t> order(orders * contexts, n);
    matrix<double> policy(orders * contexts, n), losses(orders * contexts, 1);
    const auto drawn = test::random_scores<double>(contexts, n, 3, 9);
    for (index b = 0; b < order.rows(); ++b)
      for (index k = 0; k < n; ++k) {
        order(b, k) = all[static_cast<std::size_t>(b % orders * n + k)];
        policy(b, k) = drawn(b / orders, k);
      }
    double prefixes_repeat = static_cast<double>(orders);  // (n − m)! orders begin with the same m places
    for (index top_m = 1; top_m <= n; ++top_m) {
      CAPTURE(n);
      CAPTURE(top_m);
      prefixes_repeat /= static_cast<double>(n - top_m + 1);
      test::evaluate<double>(prefopt::plackett_luce_topm({.beta = 0.9, .top_m = top_m}),
                             {.policy = policy, .order = order}, {}, {.losses = losses});
      double worst = 0;
      for (index context = 0; context < contexts; ++context) {
        double total = 0;
        for (index i = 0; i < orders; ++i) total += std::exp(-losses(context * orders + i));
        worst = std::max(worst, std::abs(total / prefixes_repeat - 1));
      }
      CHECK(worst < 1e-12);
    }
  }
}

}  // namespace
