#include <doctest/doctest.h>

#include <prefopt/recipes.hpp>

#include "against_host.hpp"

/// \file
/// The text of the kernels against the engine of the host, on graded lists.

namespace {

using test::check;
using test::example_batch;

/// Grades, ranks, pairs and groups.
template <class Scalar>
void check_graded_lists() {
  namespace losses = prefopt::losses;
  using weighting = losses::ranknet_weighting;
  using scheme = losses::weighting_scheme;
  const example_batch<Scalar> lists(11, 7);
  check("listnet", prefopt::listnet(), lists);
  check("binary_listnet", prefopt::binary_listnet(), lists);
  check("irpo", prefopt::irpo({.beta = 0.7}), lists);
  check("irpo, the code's",
        prefopt::irpo({.beta = 0.05, .weighting_id = 2, .self_term = losses::irpo_self_term::code}), lists);
  check("approx_ndcg", prefopt::approx_ndcg({.alpha = 1.5}), lists);
  check("lipo_lambda", prefopt::lipo_lambda({.beta = 0.7}), lists);
  check("rankdpo", prefopt::rankdpo({.beta = 0.6}), lists);
  for (const weighting one : {weighting::none, weighting::diff, weighting::diff_pow})
    check("ranknet", prefopt::ranknet({one}), lists);
  for (const scheme one :
       {scheme::ndcgLoss1, scheme::ndcgLoss2PP, scheme::lambdaRank, scheme::rankNetWeightedByGTDiffPowed})
    check("lambda_loss", prefopt::lambda_loss({.weighting_scheme = one, .k = 4}), lists);
  check("lambda_loss, a mean",
        prefopt::lambda_loss({.sigma = 0.5, .reduction = losses::pair_reduction::mean}), lists);
  check("plackett_luce_groups", prefopt::plackett_luce_groups({.beta = 0.8}), lists);
  check("a sum of two", 0.5 * prefopt::listnet() + prefopt::ranknet(), lists);
}

TEST_CASE("teams_agree_with_the_host_on_graded_lists") {
  SUBCASE("double") { check_graded_lists<double>(); }
  SUBCASE("float") { check_graded_lists<float>(); }
}

}  // namespace
