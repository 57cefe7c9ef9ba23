#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/engine.hpp"

/// \file
/// Losses, gradients and statistics against a plain implementation of the specification's formulas.

namespace {

using prefopt::index;
using test::matrix;

using numbers = std::vector<long double>;

long double softplus(long double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
long double mean(const numbers& rejected) {
  return std::accumulate(rejected.begin(), rejected.end(), 0.0L) / static_cast<long double>(rejected.size());
}
numbers map(const numbers& x, const std::function<long double(long double)>& f) {
  numbers y;
  for (const long double value : x) y.push_back(f(value));
  return y;
}
long double sum_exp(const numbers& x) {
  long double total = 0;
  for (const long double value : x) total += std::exp(value);
  return total;
}
/// Σ_{j < m} log Σ_{i ≥ j} e^{s_i} − s_j, candidates best first.
long double plackett_luce(numbers best_first, std::size_t m) {
  long double loss = 0;
  for (std::size_t j = 0; j < best_first.size() && j < m; ++j)
    loss +=
        std::log(sum_exp(numbers(best_first.begin() + static_cast<std::ptrdiff_t>(j), best_first.end()))) -
        best_first[j];
  return loss;
}

/// Sections 1 to 3 of the specification, with the settings of `test::all_recipes`: from p and r of the
/// preferred and of the rejected items to the loss.
struct row {
  long double p0, r0;
  numbers p, r;

  long double a0() const { return p0 - r0; }
  numbers a() const {
    numbers ratios;
    for (std::size_t k = 0; k < p.size(); ++k) ratios.push_back(p[k] - r[k]);
    return ratios;
  }
  long double margin(long double beta) const { return beta * (a0() - a()[0]); }
  /// s_0, s_1, ...
  numbers rewards(long double beta) const {
    numbers s{beta * a0()};
    for (const long double ratio : a()) s.push_back(beta * ratio);
    return s;
  }
};
const std::map<std::string, std::function<long double(const row&)>> formulas = {
    {"dpo", [](const row& x) { return softplus(-x.margin(0.3L)); }},
    {"cdpo", [](const row& x) { return 0.9L * softplus(-x.margin(0.3L)) + 0.1L * softplus(x.margin(0.3L)); }},
    {"robust_dpo",
     [](const row& x) {
       return (0.9L * softplus(-x.margin(0.3L)) - 0.1L * softplus(x.margin(0.3L))) / 0.8L;
     }},
    {"ipo", [](const row& x) { return std::pow(x.margin(1) - 1 / 0.6L, 2.0L); }},
    {"hinge", [](const row& x) { return std::max(0.0L, 1 - x.margin(0.3L)); }},
    {"rpo", [](const row& x) { return softplus(-x.margin(0.3L)) - 0.5L * x.p0; }},
    {"s_dpo", [](const row& x) { return plackett_luce(x.rewards(0.7L), 1); }},
    {"dpo_k",
     [](const row& x) { return mean(map(x.a(), [&](auto a) { return softplus(-0.7L * (x.a0() - a)); })); }},
    {"dmpo", [](const row& x) { return softplus(-0.7L * (x.a0() - mean(x.a()))); }},
    {"bpr", [](const row& x) { return mean(map(x.p, [&](auto p) { return softplus(p - x.p0); })); }},
    {"softmax",
     [](const row& x) { return std::log1p(sum_exp(map(x.p, [&](auto p) { return (p - x.p0) / 0.5L; }))); }},
    {"bce", [](const row& x) { return softplus(-x.p0) + mean(map(x.p, softplus)); }},
    {"gbce",
     [](const row& x) {
       const auto count = static_cast<long double>(x.p.size()), alpha = count / 999;
       const long double beta = alpha * ((1 - 1 / alpha) * 0.75L + 1 / alpha);
       return (beta * softplus(-x.p0) + count * mean(map(x.p, softplus))) / (count + 1);
     }},
    {"plackett_luce", [](const row& x) { return plackett_luce(x.rewards(0.7L), 1000); }},
    {"plackett_luce_topm", [](const row& x) { return plackett_luce(x.rewards(0.7L), 2); }},
};

template <class Scalar>
row row_of(const matrix<Scalar>& policy, const matrix<Scalar>& reference, index b) {
  row x{policy(b, 0), reference(b, 0), {}, {}};
  for (index k = 1; k < policy.columns(); ++k) {
    x.p.push_back(policy(b, k));
    x.r.push_back(reference(b, k));
  }
  return x;
}

/// d loss / d p_k by a six-point central difference.
long double slope(const std::function<long double(const row&)>& loss, const row& x, index k) {
  const auto moved = [&](long double step) {
    row y = x;
    (k == 0 ? y.p0 : y.p[static_cast<std::size_t>(k - 1)]) += step;
    return loss(y);
  };
  constexpr long double h = 1e-3L;
  return (45 * (moved(h) - moved(-h)) - 9 * (moved(2 * h) - moved(-2 * h)) + moved(3 * h) - moved(-3 * h)) /
         (60 * h);
}

template <class Scalar>
void check_against_formulas(index rows, index rejected, double tolerance) {
  for (const auto& recipe : test::all_recipes<Scalar>()) {
    CAPTURE(recipe.name);
    const index n = recipe.columns(rejected);
    const auto policy = test::random_scores<Scalar>(rows, n, 2, 1),
               reference = test::random_scores<Scalar>(rows, n, 1, 2);
    matrix<Scalar> gradient(rows, n), losses(rows, 1);
    const auto result = recipe({.policy = policy, .reference = reference}, gradient,
                               {.reduction = prefopt::reduction::none, .losses = losses});
    const auto& formula = formulas.at(recipe.name);
    double total = 0, worst = 0;
    for (index b = 0; b < rows; ++b) {
      const row x = row_of(policy, reference, b);
      const auto loss = static_cast<double>(formula(x));
      total += loss;
      worst = std::max(worst, std::abs(losses(b) - loss) / (1 + std::abs(loss)));
      for (index k = 0; k < n; ++k)
        worst = std::max(worst, std::abs(static_cast<double>(gradient(b, k) - slope(formula, x, k))));
    }
    CHECK(worst < tolerance);
    CHECK(result.loss == doctest::Approx(total / static_cast<double>(rows)).epsilon(tolerance));
    CHECK(result.examples == rows);
    CHECK(result.skipped == 0);
  }
}

TEST_CASE("every_recipe_is_its_formula_for_one_negative") { check_against_formulas<double>(19, 1, 1e-12); }
TEST_CASE("every_recipe_is_its_formula_for_odd_shapes") { check_against_formulas<double>(47, 30, 1e-12); }
TEST_CASE("every_recipe_is_its_formula_for_one_example") { check_against_formulas<double>(1, 7, 1e-12); }
TEST_CASE("every_recipe_is_its_formula_over_several_chunks") {
  check_against_formulas<double>(600, 3, 1e-12);
}
TEST_CASE("every_recipe_is_its_formula_in_float") { check_against_formulas<float>(47, 30, 1e-5); }

TEST_CASE("an_empty_batch_has_loss_0_and_writes_nothing") {
  for (const auto& recipe : test::all_recipes<double>()) {
    CAPTURE(recipe.name);
    const matrix<double> policy(0, recipe.columns(4));
    matrix<double> gradient(0, recipe.columns(4));
    for (const auto reduction : {prefopt::reduction::mean, prefopt::reduction::weighted_mean,
                                 prefopt::reduction::sum, prefopt::reduction::none}) {
      const auto result = recipe({.policy = policy}, gradient, {.reduction = reduction});
      CHECK(result.loss == 0);
      CHECK(result.accuracy == 0);
      CHECK(result.examples == 0);
    }
  }
}

TEST_CASE("the_loss_is_the_same_with_and_without_a_gradient") {
  for (const auto& recipe : test::all_recipes<float>()) {
    const auto policy = test::random_scores<float>(47, recipe.columns(30), 2, 3);
    matrix<float> gradient(47, recipe.columns(30));
    CHECK(recipe({.policy = policy}).loss == recipe({.policy = policy}, gradient).loss);
  }
}

TEST_CASE("the_gradient_may_be_written_over_the_policy") {
  for (const auto& recipe : test::all_recipes<double>()) {
    CAPTURE(recipe.name);
    const index n = recipe.columns(30);
    const auto policy = test::random_scores<double>(47, n, 2, 4),
               reference = test::random_scores<double>(47, n, 1, 5);
    matrix<double> gradient(47, n), in_place = policy;
    const auto apart = recipe({.policy = policy, .reference = reference}, gradient);
    const auto together = recipe({.policy = in_place, .reference = reference}, in_place);
    CHECK(in_place == gradient);
    CHECK(together.loss == apart.loss);
  }
}

// ---- statistics

TEST_CASE("statistics_are_what_a_plain_loop_gives") {
  const auto policy = test::random_scores<double>(47, 31, 2, 6),
             reference = test::random_scores<double>(47, 31, 1, 7);
  const auto result =
      test::evaluate<double>(prefopt::s_dpo({.beta = 0.4}), {.policy = policy, .reference = reference});
  double chosen = 0, rejected = 0, accurate = 0, hardest_margin = 0;
  for (index b = 0; b < 47; ++b) {
    const row x = row_of(policy, reference, b);
    const auto s0 = static_cast<double>(0.4L * x.a0());
    double sum = 0, hardest = -1e300;
    for (const long double a : x.a()) {
      const auto s = static_cast<double>(0.4L * a);
      sum += s;
      hardest = std::max(hardest, s);
    }
    chosen += s0;
    rejected += sum / 30;
    accurate += s0 > hardest ? 1 : 0;
    hardest_margin += s0 - hardest;
  }
  CHECK(result.chosen_reward == doctest::Approx(chosen / 47).epsilon(1e-13));
  CHECK(result.rejected_reward == doctest::Approx(rejected / 47).epsilon(1e-13));
  CHECK(result.margin == doctest::Approx((chosen - rejected) / 47).epsilon(1e-13));
  CHECK(result.hardest_margin == doctest::Approx(hardest_margin / 47).epsilon(1e-13));
  CHECK(result.accuracy == doctest::Approx(accurate / 47).epsilon(1e-15));
  CHECK(result.mean_beta == doctest::Approx(0.4).epsilon(1e-15));
}

TEST_CASE("accuracy_asks_the_preferred_item_to_exceed_every_rejected_one") {
  const matrix<double> policy{{1, 0, 0.5}, {1, 0, 2}, {1, 1, 0}, {3, 2, 1}};  // won, lost, tied, won
  const auto result = test::evaluate<double>(prefopt::dpo_k(), {.policy = policy});
  CHECK(result.accuracy == 0.5);
  CHECK(result.margin == (0.75 + 0 + 0.5 + 1.5) / 4);
  CHECK(result.hardest_margin == (0.5 - 1 + 0 + 1) / 4);
  CHECK(result.chosen_reward == 1.5);
  CHECK(result.rejected_reward == (0.25 + 1 + 0.5 + 1.5) / 4);
}

TEST_CASE("statistics_of_a_sum_are_those_of_its_first_term") {
  const auto policy = test::random_scores<double>(9, 2, 2, 8),
             reference = test::random_scores<double>(9, 2, 1, 9);
  const prefopt::batch<double> batch{.policy = policy, .reference = reference};
  const auto dpo = test::evaluate<double>(prefopt::dpo(), batch),
             rpo = test::evaluate<double>(prefopt::rpo(), batch);
  CHECK(rpo.margin == dpo.margin);
  CHECK(rpo.chosen_reward == dpo.chosen_reward);
  CHECK(rpo.accuracy == dpo.accuracy);
  CHECK(rpo.loss ==
        doctest::Approx(dpo.loss + test::evaluate<double>(prefopt::nll(), batch).loss).epsilon(1e-14));
}

// ---- one strength per example

TEST_CASE("one_beta_per_example_gives_each_row_its_own_number") {
  const index rows = 11;
  matrix<double> beta(rows, 1);
  for (index b = 0; b < rows; ++b) beta(b) = 0.1 + 0.2 * static_cast<double>(b);
  const auto check = [&](index n, const auto& make) {
    const auto policy = test::random_scores<double>(rows, n, 2, 10),
               reference = test::random_scores<double>(rows, n, 1, 11);
    matrix<double> gradient(rows, n), losses(rows, 1);
    const auto result =
        test::evaluate<double>(make(99), {.policy = policy, .reference = reference, .beta = beta}, gradient,
                               {.reduction = prefopt::reduction::none, .losses = losses});
    for (index b = 0; b < rows; ++b) {
      const auto row_policy = prefopt::view(policy).block(b, 1),
                 row_reference = prefopt::view(reference).block(b, 1);
      matrix<double> row_gradient(1, n);
      const auto row = test::evaluate<double>(
          make(beta(b)), {.policy = row_policy, .reference = row_reference}, row_gradient);
      CHECK(losses(b) == doctest::Approx(row.loss).epsilon(1e-14));
      for (index k = 0; k < n; ++k)
        CHECK(gradient(b, k) == doctest::Approx(row_gradient(0, k)).epsilon(1e-14));
    }
    CHECK(result.mean_beta == doctest::Approx(1.1).epsilon(1e-14));
  };
  check(2, [](double b) { return prefopt::dpo({.beta = b}); });
  check(2, [](double b) { return prefopt::ipo({.beta = b}); });
  check(2, [](double b) { return prefopt::rpo({.beta = b}); });
  check(8, [](double b) { return prefopt::s_dpo({.beta = b}); });
  check(8, [](double b) { return prefopt::dmpo({.beta = b}); });
  check(8, [](double b) { return prefopt::plackett_luce({.beta = b}); });
}

// ---- logQ

TEST_CASE("log_q_is_subtracted_from_the_tempered_scores_of_all_columns") {
  const auto scores = test::random_scores<double>(13, 6, 2, 12),
             log_q = test::random_scores<double>(13, 6, 1, 13);
  matrix<double> corrected(13, 6), gradient(13, 6), expected(13, 6);
  for (index b = 0; b < 13; ++b)
    for (index k = 0; k < 6; ++k) corrected(b, k) = scores(b, k) / 0.3 - log_q(b, k);
  const auto result = test::evaluate<double>(prefopt::softmax({.temperature = 0.3}),
                                             {.policy = scores, .log_q = log_q}, gradient);
  CHECK(result.loss ==
        doctest::Approx(test::evaluate<double>(prefopt::softmax(), {.policy = corrected}, expected).loss));
  for (index b = 0; b < 13; ++b)
    for (index k = 0; k < 6; ++k) CHECK(gradient(b, k) == doctest::Approx(expected(b, k) / 0.3));
}

// ---- orders

TEST_CASE("an_order_says_who_is_first_and_gradients_go_back_to_their_columns") {
  std::mt19937 generator(14);
  const index rows = 37, n = 9;
  const auto policy = test::random_scores<double>(rows, n, 2, 15),
             reference = test::random_scores<double>(rows, n, 1, 16);
  matrix<std::int32_t> order(rows, n);
  matrix<double> sorted_policy(rows, n), sorted_reference(rows, n), gradient(rows, n),
      sorted_gradient(rows, n);
  for (index b = 0; b < rows; ++b) {
    std::vector<std::int32_t> row(n);
    std::iota(row.begin(), row.end(), 0);
    std::shuffle(row.begin(), row.end(), generator);
    for (index k = 0; k < n; ++k) {
      order(b, k) = row[static_cast<std::size_t>(k)];
      sorted_policy(b, k) = policy(b, order(b, k));
      sorted_reference(b, k) = reference(b, order(b, k));
    }
  }
  for (const index top_m : {1, 3, 9}) {
    const auto objective = prefopt::plackett_luce_topm({.beta = 0.5, .top_m = top_m});
    const auto with_order = test::evaluate<double>(
        objective, {.policy = policy, .reference = reference, .order = order}, gradient);
    const auto in_order = test::evaluate<double>(
        objective, {.policy = sorted_policy, .reference = sorted_reference}, sorted_gradient);
    CHECK(with_order.loss == doctest::Approx(in_order.loss).epsilon(1e-14));
    for (index b = 0; b < rows; ++b)
      for (index k = 0; k < n; ++k)
        CHECK(gradient(b, order(b, k)) == doctest::Approx(sorted_gradient(b, k)).epsilon(1e-14));
  }
}

TEST_CASE("statistics_under_an_order_still_prefer_column_0") {
  const matrix<double> policy{{3, 1, 2}};
  const matrix<std::int32_t> order{{2, 0, 1}};
  const auto result = test::evaluate<double>(prefopt::plackett_luce(), {.policy = policy, .order = order});
  CHECK(result.chosen_reward == 3);
  CHECK(result.rejected_reward == 1.5);
  CHECK(result.accuracy == 1);
}

}  // namespace
