#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/selections/guarded.hpp>

#include "support/error_text.hpp"
#include "support/plain_row.hpp"

namespace {

using prefopt::selections::guarded;
using test::plain_row;
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST_CASE("what_lies_above_the_preferred_item_by_more_than_the_margin_is_left_out") {
  std::mt19937 generator(1);
  std::normal_distribution<double> normal;
  for (int trial = 0; trial < 10'000; ++trial) {
    std::vector<double> policy(3 + generator() % 8);
    for (double& p : policy) p = normal(generator);
    policy[1] = policy[0] - 1;  // somebody stays
    const double margin = normal(generator) > 0 ? 0.5 : 0;
    const auto chosen = plain_row(policy).chosen(guarded{margin});
    for (std::size_t k = 1; k < policy.size(); ++k) REQUIRE(chosen[k] == (policy[k] <= policy[0] + margin));
  }
}

TEST_CASE("where_all_lie_above_the_lowest_stays") {
  CHECK(plain_row({-5, -1, -2, -infinity, -3}).chosen(guarded{1}) ==
        std::vector<bool>{false, false, false, false, true});
}

TEST_CASE("a_margin_that_is_not_finite_is_refused") {
  CHECK(error_text([] { guarded{infinity}.check(); }) == "guarded: margin is inf, expected a finite value");
}

}  // namespace
