#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/recipes.hpp>
#include <prefopt/strengths/instance_beta.hpp>
#include <prefopt/testing/gradient_check.hpp>

#include "support/matrix.hpp"

/// \file
/// Closed forms against dual numbers and central differences, with strengths and selections held still.

namespace {

using prefopt::index;
using prefopt::testing::check_gradient;
using test::matrix;

template <class Objective>
void agrees(const Objective& objective, index rejected, bool with_hardness = false, double sign = 1) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    auto policy = test::random_scores<double>(9, 1 + rejected, 2, seed);
    if (sign < 0)
      for (double& p : policy.values()) p = -std::abs(p);
    const auto reference = test::random_scores<double>(9, 1 + rejected, 1, seed + 10);
    matrix<double> hardness(9, 1);
    for (index b = 0; b < 9; ++b) hardness(b) = 0.7 + 0.1 * static_cast<double>(b);
    prefopt::batch<double> batch{.policy = policy, .reference = reference};
    if (with_hardness) batch.hardness = hardness;
    const auto report = check_gradient(objective, batch, {}, prefopt::state_of<Objective>{});
    CHECK_MESSAGE(report.passed(), report.message());
  }
}

TEST_CASE("dynamicpo") { agrees(prefopt::dynamicpo(), 5); }
TEST_CASE("dynamicpo_sdpo") { agrees(prefopt::dynamicpo_sdpo({.epsilon = 1e-2}), 5); }
TEST_CASE("dynamicpo_mppo") { agrees(prefopt::dynamicpo_mppo(), 5, false, -1); }
TEST_CASE("beta_dpo") { agrees(prefopt::beta_dpo({.rho = 0.5}), 1); }
TEST_CASE("hanorec") { agrees(prefopt::hanorec(), 1, true); }
TEST_CASE("dama") { agrees(prefopt::dama(), 1, true); }
TEST_CASE("instance level on several negatives") {
  agrees(prefopt::compose(prefopt::losses::softmax{}, prefopt::rewards::implicit{},
                          prefopt::strengths::instance_beta{}),
         4);
}

}  // namespace
