#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/recipes/compositions.hpp>
#include <prefopt/recipes/graded.hpp>
#include <prefopt/testing/gradient_check.hpp>

#include "support/random_batch.hpp"

// Closed forms against dual numbers and against central differences in long double.

namespace {

using prefopt::as_matrix;
using prefopt::index;
using prefopt::losses::weighting_scheme;

constexpr index rows = 5;

/// Grades 0 ... 3 and −1.
std::vector<double> grades(index columns, std::uint32_t seed) {
  std::vector<double> values = support::random_scores(rows, columns, seed, -1, 4);
  for (double& value : values) value = static_cast<double>(static_cast<int>(value + 1)) - 1;
  return values;
}

template <class Objective>
void accepts(const Objective& objective, double atol = 1e-11) {
  for (const index columns : {2, 5, 12}) {
    const auto policy = support::random_scores(rows, columns, 1),
               reference = support::random_scores(rows, columns, 2), relevance = grades(columns, 3);
    const auto report = prefopt::testing::check_gradient(objective,
                                                         {.policy = as_matrix(policy, rows, columns),
                                                          .reference = as_matrix(reference, rows, columns),
                                                          .relevance = as_matrix(relevance, rows, columns)},
                                                         {.atol = atol});
    CHECK_MESSAGE(report.passed(), report.message());
  }
}

}  // namespace

TEST_CASE("cross-entropies over lists have the gradient that duals and central differences give") {
  accepts(prefopt::listnet());
  accepts(prefopt::binary_listnet());
}

TEST_CASE("losses over graded pairs have the gradient that duals and central differences give") {
  accepts(prefopt::ranknet());
  accepts(prefopt::ranknet({prefopt::losses::ranknet_weighting::diff_pow}));
  for (const auto scheme :
       {weighting_scheme::lambdaRank, weighting_scheme::ndcgLoss1, weighting_scheme::ndcgLoss2PP})
    accepts(prefopt::lambda_loss({.weighting_scheme = scheme, .k = 4, .sigma = 1.5}));
  accepts(prefopt::lipo_lambda({.beta = 0.5}));
  accepts(prefopt::rankdpo({.beta = 0.5}));
}

TEST_CASE("soft ranks and sorts have the gradient that duals and central differences give") {
  accepts(prefopt::approx_ndcg({.alpha = 2}));
  accepts(prefopt::neural_ndcg({.temperature = 0.8, .k = 4}), 1e-10);
}

TEST_CASE("orders and groups have the gradient that duals and central differences give") {
  accepts(prefopt::irpo({.beta = 0.5}));
  accepts(
      prefopt::irpo({.beta = 0.05, .weighting_id = 2, .self_term = prefopt::losses::irpo_self_term::code}));
  accepts(prefopt::plackett_luce_groups({.beta = 0.8}));
}

TEST_CASE("equal scores have the gradient that duals and central differences give where there is one") {
  constexpr index columns = 4;
  const std::vector<double> policy(rows * columns, -1.5), relevance = grades(columns, 4);
  const auto ties = [&](const std::string& name, const auto& objective) {
    CAPTURE(name);
    const auto report = prefopt::testing::check_gradient(
        objective,
        {.policy = as_matrix(policy, rows, columns), .relevance = as_matrix(relevance, rows, columns)});
    CHECK_MESSAGE(report.passed(), report.message());
  };
  ties("listnet", prefopt::listnet());
  ties("ranknet", prefopt::ranknet());
  ties("approx_ndcg", prefopt::approx_ndcg());
  ties("neural_ndcg", prefopt::neural_ndcg());
  ties("irpo", prefopt::irpo());
  ties("plackett_luce_groups", prefopt::plackett_luce_groups());
}

TEST_CASE("compositions have the gradient that duals and central differences give") {
  for (const index columns : {2, 6}) {
    const auto policy = support::random_scores(rows, columns, 5),
               reference = support::random_scores(rows, columns, 6);
    const std::vector<double> lengths = support::random_scores(rows, columns, 7, 1, 9);
    const auto p = as_matrix(policy, rows, columns), l = as_matrix(lengths, rows, columns);
    const auto mppo = prefopt::testing::check_gradient(prefopt::mppo({.beta = 0.7}), {.policy = p});
    CHECK_MESSAGE(mppo.passed(), mppo.message());
    const auto by_token = prefopt::testing::check_gradient(prefopt::mppo(), {.policy = p, .lengths = l});
    CHECK_MESSAGE(by_token.passed(), by_token.message());
  }
  const auto pairs = support::random_scores(rows, 4, 8), pair_reference = support::random_scores(rows, 2, 9);
  const auto dove = prefopt::testing::check_gradient(
      prefopt::dove({.beta = 0.7}),
      {.policy = as_matrix(pairs, rows, 4), .reference = as_matrix(pair_reference, rows, 2)});
  CHECK_MESSAGE(dove.passed(), dove.message());
}
