#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/full_softmax.hpp>

#include "reference.hpp"

/// \file
/// Where a fused cross-entropy loses its digits: wide spreads, targets that lead by far, a million items.

namespace {

using prefopt::index;
using test::matrix;
using test::run;
using test::softmax_outcome;
using test::softmax_problem;
using test::softmax_reference;

/// Probabilities below the smallest normal number count as 0, and so does what they add to a gradient.
constexpr double smallest = std::numeric_limits<float>::min(), largest_sum = 4000 * smallest;

/// Representations whose products floats hold exactly, so that what is measured is not their rounding.
softmax_problem<float> exact_problem(index examples, index items, index width, int largest, double step) {
  auto problem = test::random_problem<float>(examples, items, width);
  std::mt19937 generator(5);
  std::uniform_int_distribution<int> integers(-largest, largest);
  for (float& x : problem.queries.values()) x = static_cast<float>(integers(generator));
  for (float& x : problem.catalogue.values()) x = static_cast<float>(step * integers(generator));
  return problem;
}

void check_against_reference(const softmax_problem<float>& problem) {
  const auto outcome = run<float>(problem, {.reduction = prefopt::reduction::sum});
  const softmax_reference truth(problem);
  CHECK(outcome.result.loss == doctest::Approx(truth.loss).epsilon(1e-5));
  for (std::size_t b = 0; b < truth.losses.size(); ++b) {
    const double error = std::abs(static_cast<double>(outcome.losses[b]) - truth.losses[b]);
    CHECK(error <= 1e-5 * truth.losses[b] + smallest);
  }
  CHECK(test::worst_error(outcome.queries, truth.queries, truth.query_size, 1, largest_sum) <= 1e-5);
  CHECK(test::worst_error(outcome.catalogue, truth.catalogue, truth.catalogue_size, 1, largest_sum) <= 1e-5);
}

TEST_CASE("scores_spread_over_thousands_keep_their_digits") {
  for (const double step : {0.125, 1.0, 4.0}) check_against_reference(exact_problem(40, 700, 8, 12, step));
}

TEST_CASE("a_target_that_leads_by_any_distance_keeps_its_digits") {
  for (const float lead : {0.5f, 5.0f, 12.0f, 17.0f, 30.0f, 60.0f, 80.0f}) {
    CAPTURE(lead);
    auto problem = exact_problem(20, 300, 4, 1, 0.5);
    for (float& x : problem.queries.values()) x = 1;
    for (index k = 0; k < 4; ++k) problem.catalogue(150, k) = lead / 4 + 2;
    for (std::int32_t& target : problem.targets) target = 150;
    check_against_reference(problem);
  }
}

TEST_CASE("one_item_that_dominates_all_targets_keeps_its_digits") {
  for (const float lead : {5.0f, 20.0f, 80.0f, 1000.0f}) {
    CAPTURE(lead);
    auto problem = exact_problem(20, 300, 4, 1, 0.5);
    for (float& x : problem.queries.values()) x = 1;
    for (index k = 0; k < 4; ++k) problem.catalogue(299, k) = lead / 4;
    check_against_reference(problem);
  }
}

TEST_CASE("equal_scores_share_the_probability") {
  const softmax_problem<float> problem{
      .queries = matrix<float>(3, 5), .catalogue = matrix<float>(1000, 5, 1), .targets = {0, 999, 7}};
  const auto outcome = run<float>(problem);
  CHECK(outcome.result.loss == doctest::Approx(std::log(1000.0)).epsilon(1e-6));
  CHECK(outcome.result.accuracy == 0);  // ties are not won
}

/// A catalogue of a million items of a few kinds, so that the truth is a short sum.
TEST_CASE("a_million_items_keep_their_digits") {
  constexpr index items = 1'000'003, width = 2, kinds = 7, examples = 5;
  softmax_problem<float> problem{.queries = test::random_scores<float>(examples, width, 1, 1),
                                 .catalogue = matrix<float>(items, width),
                                 .targets = {}};
  const auto kind = test::random_scores<float>(kinds, width, 1, 2);
  for (index v = 0; v < items; ++v)
    for (index k = 0; k < width; ++k) problem.catalogue(v, k) = kind(v % kinds, k);
  for (const int target : {0, 1, 500'000, 999'999, 1'000'002}) problem.targets.push_back(target);
  const auto outcome = run<float>(problem, {.reduction = prefopt::reduction::sum});

  double loss = 0, worst = 0;
  for (index b = 0; b < examples; ++b) {
    const auto target = static_cast<index>(problem.targets[static_cast<std::size_t>(b)]);
    double total = 0, sums[width] = {}, sizes[width] = {};
    const auto score = [&](index i) {
      return static_cast<double>(problem.queries(b, 0)) * static_cast<double>(kind(i, 0)) +
             static_cast<double>(problem.queries(b, 1)) * static_cast<double>(kind(i, 1));
    };
    const auto count = [](index i) { return static_cast<double>((items - i + kinds - 1) / kinds); };
    for (index i = 0; i < kinds; ++i) total += count(i) * std::exp(score(i));
    loss += std::log(total) - score(target % kinds);
    for (index k = 0; k < width; ++k) {
      for (index i = 0; i < kinds; ++i) {
        const double term = count(i) * std::exp(score(i)) / total * static_cast<double>(kind(i, k));
        sums[k] += term;
        sizes[k] += std::abs(term);
      }
      const double expected = sums[k] - static_cast<double>(kind(target % kinds, k));
      const double error = std::abs(static_cast<double>(outcome.queries(b, k)) - expected);
      worst = std::max(worst, error / (sizes[k] + std::abs(static_cast<double>(kind(target % kinds, k)))));
    }
  }
  CHECK(outcome.result.loss == doctest::Approx(loss).epsilon(1e-6));
  CHECK(worst <= 1e-6);
}

}  // namespace
