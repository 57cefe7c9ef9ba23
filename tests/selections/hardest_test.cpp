#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/selections/hardest.hpp>

#include "support/error_text.hpp"
#include "support/plain_row.hpp"

namespace {

using prefopt::index;
using prefopt::selections::hardest;
using test::plain_row;
constexpr double masked = -std::numeric_limits<double>::infinity();

TEST_CASE("the_highest_scored_count_are_chosen") {
  std::mt19937 generator(1);
  std::normal_distribution<double> normal;
  for (int trial = 0; trial < 10'000; ++trial) {
    std::vector<double> policy(2 + generator() % 12);
    for (std::size_t k = 0; k < policy.size(); ++k)
      policy[k] = k > 0 && generator() % 5 == 0 ? masked : normal(generator);
    std::vector<double> rejected;
    for (std::size_t k = 1; k < policy.size(); ++k)
      if (policy[k] != masked) rejected.push_back(policy[k]);
    std::sort(rejected.rbegin(), rejected.rend());
    const std::size_t count = 1 + generator() % 6;
    const double last = rejected.empty() ? 0 : rejected[std::min(count, rejected.size()) - 1];
    const auto chosen = plain_row(policy).chosen(hardest{static_cast<index>(count)});
    for (std::size_t k = 1; k < policy.size(); ++k)
      REQUIRE(chosen[k] == (policy[k] != masked && policy[k] >= last));
  }
}

TEST_CASE("what_ties_with_the_last_counts_too") {
  CHECK(plain_row({0, 2, 1, 2, 2}).chosen(hardest{2}) == std::vector<bool>{false, true, false, true, true});
}

TEST_CASE("a_count_below_1_is_refused") {
  CHECK(error_text([] { hardest{0}.check(); }) == "hardest: count is 0, expected at least 1");
}

}  // namespace
