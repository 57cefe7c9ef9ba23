#include <limits>

#include <doctest/doctest.h>

#include "lists.hpp"

/// \file
/// The exact text of every setting and input that objectives over graded lists refuse.

namespace {

using test::evaluate;
using test::matrix;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
const matrix<double> policy{{1, 0}}, relevance{{1, 0}};
const prefopt::batch<double> batch{.policy = policy, .relevance = relevance};

#define REFUSES(text, ...) CHECK_THROWS_WITH_AS(__VA_ARGS__, text, prefopt::invalid_argument)

TEST_CASE("settings_outside_their_range_are_refused") {
  REFUSES("lambda_loss: k is 0, expected at least 1",
          evaluate<double>(prefopt::lambda_loss({.k = 0}), batch));
  REFUSES("lambda_loss: sigma is 0, expected a finite value above 0",
          evaluate<double>(prefopt::lambda_loss({.sigma = 0}), batch));
  REFUSES("lambda_loss: sigma is nan, expected a finite value above 0",
          evaluate<double>(prefopt::lambda_loss({.sigma = nan}), batch));
  REFUSES("lambda_loss: mu is -1, expected a finite value of at least 0",
          evaluate<double>(prefopt::lambda_loss({.mu = -1}), batch));
  REFUSES("approx_ndcg: alpha is 0, expected a finite value above 0",
          evaluate<double>(prefopt::approx_ndcg({.alpha = 0}), batch));
  REFUSES("neural_ndcg: temperature is -1, expected a finite value above 0",
          evaluate<double>(prefopt::neural_ndcg({.temperature = -1}), batch));
  REFUSES("neural_ndcg: k is -3, expected at least 1",
          evaluate<double>(prefopt::neural_ndcg({.k = -3}), batch));
  REFUSES("irpo: weighting_id is 3, expected 0, 1 or 2",
          evaluate<double>(prefopt::irpo({.weighting_id = 3}), batch));
  REFUSES("ranknet: weighting is 3, expected one of 0 ... 2",
          evaluate<double>(prefopt::ranknet({prefopt::losses::ranknet_weighting{3}}), batch));
  REFUSES("lambda_loss: weighting_scheme is -1, expected one of 0 ... 7",
          evaluate<double>(prefopt::lambda_loss({.weighting_scheme = prefopt::losses::weighting_scheme{-1}}),
                           batch));
  REFUSES("lambda_loss: log_base is 2, expected one of 0 ... 1",
          evaluate<double>(prefopt::lambda_loss({.log_base = prefopt::losses::logarithm{2}}), batch));
  REFUSES("lambda_loss: reduction is 2, expected one of 0 ... 1",
          evaluate<double>(prefopt::lambda_loss({.reduction = prefopt::losses::pair_reduction{2}}), batch));
  REFUSES("lambda_pairs: log_base is 2, expected one of 0 ... 1",
          evaluate<double>(prefopt::lipo_lambda({.log_base = prefopt::losses::logarithm{2}}), batch));
  REFUSES("irpo: self_term is 2, expected one of 0 ... 1",
          evaluate<double>(prefopt::irpo({.self_term = prefopt::losses::irpo_self_term{2}}), batch));
  REFUSES("strength: beta is 0, expected a finite value above 0",
          evaluate<double>(prefopt::lipo_lambda({.beta = 0}), batch));
}

TEST_CASE("lists_without_grades_are_refused") {
  for (const auto& recipe : test::graded_recipes<double>()) {
    CAPTURE(recipe.name);
    REFUSES("evaluate: relevance is absent, but this objective needs it", recipe({.policy = policy}));
  }
}

static_assert(!decltype(prefopt::lambda_loss())::needs_log_probabilities);
static_assert(!decltype(prefopt::neural_ndcg())::needs_log_probabilities);
static_assert(!decltype(prefopt::irpo())::needs_log_probabilities);
static_assert(!decltype(prefopt::plackett_luce_groups())::needs_log_probabilities);

TEST_CASE("raw_scores_do_for_every_list") {
  for (const auto& recipe : test::graded_recipes<double>()) {
    CAPTURE(recipe.name);
    CHECK(recipe({.scores = policy, .relevance = relevance}).loss == recipe(batch).loss);
  }
}

TEST_CASE("an_order_is_refused_where_the_scores_make_it") {
  const matrix<std::int32_t> order{{1, 0}};
  REFUSES(
      "evaluate: order is given, but this objective does not read it",
      evaluate<double>(prefopt::lambda_loss(), {.policy = policy, .order = order, .relevance = relevance}));
}

}  // namespace
