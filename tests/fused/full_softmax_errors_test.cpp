#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/full_softmax.hpp>

#include "reference.hpp"
#include "support/error_text.hpp"
#include "support/thread_executor.hpp"

/// \file
/// What `full_softmax` refuses, with its text, and what it does about numbers that are not finite.

namespace {

using prefopt::full_softmax;
using prefopt::index;
using test::matrix;
using test::run;
using test::softmax_outcome;
using test::softmax_problem;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

softmax_problem<float> small() { return test::random_problem<float>(3, 200, 4); }

/// What a call with a changed problem says.
template <class Change>
std::string text_of(const Change& change, prefopt::full_softmax_options<float> options = {}) {
  auto problem = small();
  change(problem);
  return error_text([&] { run<float>(problem, options); });
}

TEST_CASE("absent_tensors_are_refused") {
  const auto problem = small();
  CHECK(error_text([] { full_softmax<float>({}); }) ==
        "full_softmax: queries is absent, expected [B, d] vectors");
  CHECK(error_text([&] { full_softmax<float>({.queries = problem.queries}); }) ==
        "full_softmax: catalogue is absent, expected [V, d] vectors");
  CHECK(error_text([&] {
          full_softmax<float>({.queries = problem.queries, .catalogue = problem.catalogue});
        }) == "full_softmax: targets is absent, expected [B] items");
}

TEST_CASE("shapes_that_do_not_fit_are_refused_with_both_shapes") {
  CHECK(text_of([](auto& p) { p.catalogue = matrix<float>(200, 5); }) ==
        "full_softmax: catalogue is [200, 5], expected [V, 4] (the columns of queries)");
  CHECK(text_of([](auto& p) { p.queries = matrix<float>(3, 0); }) ==
        "full_softmax: queries is [3, 0], expected at least one column");
  CHECK(text_of([](auto& p) { p.targets.resize(2); }) == "full_softmax: targets is [2, 1], expected [3]");
  CHECK(text_of([](auto& p) { p.weights.resize(4); }) == "full_softmax: weights is [4, 1], expected [3]");
  const auto problem = small();
  matrix<float> narrow(3, 3), tall(201, 4);
  CHECK(error_text([&] { full_softmax<float>(problem.batch(), {.queries = narrow}); }) ==
        "full_softmax: the gradient of queries is [3, 3], expected [3, 4] (the shape of queries)");
  CHECK(error_text([&] { full_softmax<float>(problem.batch(), {.catalogue = tall}); }) ==
        "full_softmax: the gradient of catalogue is [201, 4], expected [200, 4] (the shape of catalogue)");
  std::vector<float> losses(7);
  CHECK(error_text([&] { full_softmax<float>(problem.batch(), {}, {.losses = losses}); }) ==
        "full_softmax: losses is [7, 1], expected [3]");
}

TEST_CASE("values_out_of_range_are_refused") {
  CHECK(text_of([](auto& p) { p.targets[1] = 200; }) ==
        "full_softmax: targets[1] is 200, expected an item in [0, 200)");
  CHECK(text_of([](auto& p) { p.targets[2] = -1; }) ==
        "full_softmax: targets[2] is -1, expected an item in [0, 200)");
  CHECK(text_of([](auto& p) { p.catalogue = matrix<float>(0, 4); }).find("expected an item in [0, 0)") !=
        std::string::npos);
  CHECK(text_of([](auto& p) {
          p.weights = {1, -2, 1};
        }) == "full_softmax: weights[1] is -2, expected a finite value of at least 0");
  CHECK(text_of(
            [](auto& p) {
              p.weights = {0, 0, 0};
            },
            {.reduction = prefopt::reduction::weighted_mean}) ==
        "full_softmax: weights sum to 0, expected a positive sum for a weighted mean");
  CHECK(text_of([](auto& p) { p.temperature = 0; }) ==
        "full_softmax: temperature is 0, expected a finite value above 0");
  CHECK(text_of([](auto& p) { p.temperature = infinity; }) ==
        "full_softmax: temperature is inf, expected a finite value above 0");
  CHECK(text_of([](auto&) {}, {.gradient_scale = nan}) ==
        "full_softmax: gradient_scale is nan, expected a finite value");
}

// ---- numbers that are not finite

TEST_CASE("a_component_that_is_not_finite_is_named_and_nothing_is_written") {
  CHECK(text_of([](auto& p) { p.queries(1, 3) = nan; }) ==
        "full_softmax: queries[1, 3] is nan, expected a finite value");
  auto problem = small();
  problem.catalogue(198, 0) = -infinity;
  problem.catalogue(150, 2) = infinity;
  softmax_outcome<float> outcome(problem, 7);
  const softmax_outcome<float> before = outcome;
  CHECK(error_text([&] {
          full_softmax<float>(problem.batch(), {.queries = outcome.queries, .catalogue = outcome.catalogue},
                              {.losses = outcome.losses});
        }) == "full_softmax: catalogue[150, 2] is inf, expected a finite value");
  CHECK(outcome == before);
}

TEST_CASE("the_first_bad_item_is_named_whoever_finds_it") {
  auto problem = test::random_problem<float>(64, 20'000, 16);
  for (const index item : {19'000, 12'345, 6'000}) problem.catalogue(item, 15) = nan;
  for (const std::size_t tasks : {1u, 2u, 5u})
    CHECK(error_text([&] { run<float>(problem, {.executor = one_thread_each(tasks)}); }) ==
          "full_softmax: catalogue[6000, 15] is nan, expected a finite value");
}

TEST_CASE("scores_that_overflow_are_refused") {
  const auto large = [](auto& p) {
    for (index k = 0; k < 4; ++k) p.queries(2, k) = p.catalogue(60, k) = 1e30f;
  };
  CHECK(text_of(large) ==
        "full_softmax: the scores of queries[2] overflow, expected finite products with the catalogue");
}

TEST_CASE("a_skipped_query_has_neither_loss_nor_gradient") {
  auto problem = small(), without = small();
  problem.queries(1, 3) = nan;
  without.weights = {1, 0, 1};
  const auto skipped = run<float>(problem, {.non_finite = prefopt::non_finite::skip});
  const auto expected = run<float>(without);
  CHECK(skipped.result.skipped == 1);
  CHECK(skipped.result.examples == 2);
  CHECK(skipped.result.loss == expected.result.loss);
  CHECK(skipped.losses == expected.losses);
  CHECK(skipped.queries == expected.queries);
  CHECK(skipped.catalogue == expected.catalogue);
}

TEST_CASE("numbers_that_are_not_finite_propagate_if_they_are_to") {
  auto problem = small();
  problem.queries(1, 3) = nan;
  const auto outcome = run<float>(problem, {.non_finite = prefopt::non_finite::propagate});
  CHECK(std::isnan(outcome.result.loss));
  CHECK(std::isnan(outcome.losses[1]));
  CHECK(std::isfinite(outcome.losses[0]));
  for (index k = 0; k < 4; ++k) {
    CHECK(std::isnan(outcome.queries(1, k)));
    CHECK(std::isfinite(outcome.queries(2, k)));
  }
}

}  // namespace
