#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>

#include "support/error_text.hpp"
#include "support/matrix.hpp"
#include "support/thread_executor.hpp"

/// \file
/// The diagnostics of `result` against their definitions, by plain loops over the gradient.

namespace {

using prefopt::index;
using prefopt::reduction;
using test::matrix;

constexpr index rows = 10'000, candidates = 6;
constexpr double infinity = std::numeric_limits<double>::infinity();

struct data {
  matrix<double> policy = test::random_scores<double>(rows, candidates, 2, 1),
                 reference = test::random_scores<double>(rows, candidates, 1, 2);
  matrix<std::int32_t> marks{rows, candidates};

  data() {
    std::mt19937 generator(3);
    for (std::int32_t& mark : marks.values()) mark = generator() % 4 == 0;
    for (index b = 0; b < rows; ++b)
      for (index k = 1; k < candidates; ++k)
        if (generator() % 8 == 0) policy(b, k) = -infinity;
  }
  prefopt::batch<double> batch() const {
    return {.policy = policy, .reference = reference, .false_negatives = marks};
  }
  bool counts(index b, index k) const { return k > 0 && policy(b, k) > -infinity; }
  /// Rows without a violation need a 3-means: `selections::boundary` has tests of its own, which this one leans on.
  bool violated(index b) const {
    for (index k = 1; k < candidates; ++k)
      if (policy(b, k) >= policy(b, 0)) return true;
    return false;
  }
};

template <class Objective>
prefopt::result run(const Objective& objective, const prefopt::batch<double>& batch, matrix<double>& gradient,
                    prefopt::executor executor = {}) {
  return prefopt::evaluate(objective, batch, gradient,
                           {.reduction = reduction::sum, .executor = executor, .diagnostics = true});
}

TEST_CASE("shares_of_the_gradient_are_sums_of_its_magnitudes") {
  data x;
  for (index b = 0; b < rows; ++b)
    if (!x.violated(b)) x.policy(b, 1) = x.policy(b, 0);
  matrix<double> gradient(rows, candidates);
  const auto check = [&](const prefopt::result& said) {
    double mass = 0, easy = 0, marked = 0;
    for (index b = 0; b < rows; ++b)
      for (index k = 1; k < candidates; ++k) {
        if (!x.counts(b, k)) continue;
        const double size = std::abs(gradient(b, k));
        mass += size;
        if (x.policy(b, k) < x.policy(b, 0)) easy += size;
        if (x.marks(b, k) != 0) marked += size;
      }
    CHECK(said.easy_gradient_share == doctest::Approx(easy / mass).epsilon(1e-12));
    CHECK(said.false_negative_gradient_share == doctest::Approx(marked / mass).epsilon(1e-12));
  };
  check(run(prefopt::dmpo(), x.batch(), gradient));
  check(run(prefopt::s_dpo(), x.batch(), gradient));
  const auto dynamic = run(prefopt::dynamicpo(), x.batch(), gradient);
  check(dynamic);
  CHECK(dynamic.easy_gradient_share == 0);  // what DynamicPO is for
}

TEST_CASE("without_a_violation_the_easy_ones_are_those_below_the_top_cluster") {
  const matrix<double> policy{{5, -1, 2, -8, 1.9}};
  matrix<double> gradient(1, 5);
  CHECK(run(prefopt::dmpo(), {.policy = policy}, gradient).easy_gradient_share == doctest::Approx(0.5));
}

TEST_CASE("dmpo_suppresses_the_boundary_where_s_dpo_does_not") {
  const matrix<double> policy{{0, 1, -5, -5, -5, -5, -5, -5, -5, -5, -5}};
  matrix<double> gradient(1, 11);
  CHECK(run(prefopt::dmpo({.beta = 1}), {.policy = policy}, gradient).easy_gradient_share ==
        doctest::Approx(0.9));
  CHECK(run(prefopt::s_dpo(), {.policy = policy}, gradient).easy_gradient_share < 0.03);
}

TEST_CASE("strengths_and_selections_are_counted") {
  const data x;
  matrix<double> gradient(rows, candidates), betas(rows, 1);
  CHECK(run(prefopt::s_dpo(), x.batch(), gradient).selected_share == 1);
  CHECK(run(prefopt::s_dpo(), x.batch(), gradient).beta_deviation == 0);

  double mean = 0, squares = 0;
  for (index b = 0; b < rows; ++b) mean += (betas(b) = 1 + 1e-4 * static_cast<double>(b));
  mean /= rows;
  for (index b = 0; b < rows; ++b) squares += (betas(b) - mean) * (betas(b) - mean);
  auto batch = x.batch();
  batch.beta = betas;
  const auto spread = run(prefopt::s_dpo(), batch, gradient);
  CHECK(spread.beta_deviation ==
        doctest::Approx(std::sqrt(squares / rows)).epsilon(1e-3));  // empty rows stay out
  CHECK(spread.mean_beta == doctest::Approx(mean).epsilon(1e-3));

  const auto dynamic = run(prefopt::dynamicpo(), x.batch(), gradient);
  double share = 0, compared = 0;
  for (index b = 0; b < rows; ++b) {
    double selected = 0, rejected = 0;
    for (index k = 1; k < candidates; ++k)
      if (x.counts(b, k)) ++rejected, selected += gradient(b, k) != 0;
    if (rejected > 0) ++compared, share += selected / rejected;
  }
  CHECK(dynamic.selected_share == doctest::Approx(share / compared).epsilon(1e-12));
  CHECK(dynamic.examples == compared);
  CHECK(dynamic.beta_deviation > 0);
}

TEST_CASE("asking_changes_nothing_else_and_threads_change_nothing") {
  const data x;
  auto batch = x.batch();
  matrix<double> asked(rows, candidates), plain(rows, candidates), threaded(rows, candidates);
  const auto said = run(prefopt::s_dpo(), batch, asked),
             by_threads = run(prefopt::s_dpo(), batch, threaded, one_thread_each(3));
  CHECK(by_threads.easy_gradient_share == said.easy_gradient_share);
  CHECK(by_threads.beta_deviation == said.beta_deviation);
  CHECK(threaded == asked);
  const auto alone =
      prefopt::evaluate(prefopt::s_dpo(), batch, {.reduction = reduction::sum, .diagnostics = true});
  CHECK(alone.easy_gradient_share == said.easy_gradient_share);

  batch.false_negatives = {};
  const auto silent = prefopt::evaluate(prefopt::s_dpo(), batch, plain, {.reduction = reduction::sum});
  CHECK(silent.loss == doctest::Approx(said.loss).epsilon(1e-13));
  for (std::size_t i = 0; i < plain.values().size(); ++i)
    REQUIRE(plain.values()[i] == doctest::Approx(asked.values()[i]).epsilon(1e-12));
  for (const double unasked : {silent.selected_share, silent.beta_deviation, silent.easy_gradient_share,
                               silent.false_negative_gradient_share})
    CHECK(std::isnan(unasked));
}

TEST_CASE("marks_lie_on_the_columns_of_the_policy_whatever_the_order") {
  const auto policy = test::random_scores<double>(50, 4, 1, 1);
  matrix<double> gradient(50, 4);
  matrix<std::int32_t> order(50, 4), marks(50, 4);
  double mass = 0, marked = 0;
  for (index b = 0; b < 50; ++b)
    for (index k = 0; k < 4; ++k) {
      order(b, k) = static_cast<std::int32_t>((k + b) % 4);
      marks(b, k) = (b + k) % 3 == 0;
    }
  const auto said =
      run(prefopt::plackett_luce(), {.policy = policy, .order = order, .false_negatives = marks}, gradient);
  for (index b = 0; b < 50; ++b)
    for (index k = 1; k < 4; ++k)
      mass += std::abs(gradient(b, k)), marked += marks(b, k) != 0 ? std::abs(gradient(b, k)) : 0;
  CHECK(said.false_negative_gradient_share == doctest::Approx(marked / mass).epsilon(1e-12));
}

TEST_CASE("marks_that_make_no_sense_are_refused") {
  const matrix<double> policy(2, 3);
  const matrix<std::int32_t> marks(2, 3), narrow(2, 2), twos(2, 3, 2);
  const auto text = [&](const prefopt::tensor_ref<const std::int32_t>& given, bool asked) {
    return error_text([&] {
      prefopt::evaluate(prefopt::s_dpo(), prefopt::batch<double>{.policy = policy, .false_negatives = given},
                        {.diagnostics = asked});
    });
  };
  CHECK(text(marks, false) == "evaluate: false_negatives is given, but options.diagnostics is off");
  CHECK(text(narrow, true) == "evaluate: false_negatives is [2, 2], expected [2, 3] (the shape of policy)");
  CHECK(text(twos, true) == "evaluate: false_negatives[0, 0] is 2, expected 0 or 1");
  CHECK(text(marks, true) == "");
}

}  // namespace
