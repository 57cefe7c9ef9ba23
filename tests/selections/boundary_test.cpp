#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <prefopt/selections/boundary.hpp>

#include "support/plain_row.hpp"

namespace {

using prefopt::selections::boundary;
using test::plain_row;
using numbers = std::vector<double>;

std::vector<bool> chosen(const numbers& policy) { return plain_row(policy).chosen(boundary{}); }

TEST_CASE("the_sets_are_those_of_the_golden_files") {
  for (const char* id : {"dynamicpo", "dynamicpo_dmpo_v2", "dynamicpo_sdpo", "dynamicpo_mppo"}) {
    const auto file =
        nlohmann::json::parse(std::ifstream(PREFOPT_GOLDEN_DIR "/" + std::string(id) + ".json"));
    for (const auto& one : file.at("cases")) {
      const auto& rows = one.at("inputs").at("policy_logps");
      for (std::size_t b = 0; b < rows.size(); ++b) {
        const numbers policy = rows[b];
        std::vector<bool> expected(policy.size(), false);
        for (const std::size_t i : one.at("expected").at("extra").at("boundary_indices")[b])
          expected[1 + i] = true;
        CAPTURE(id);
        CAPTURE(one.at("name").get<std::string>());
        CAPTURE(b);
        CHECK(chosen(policy) == expected);
      }
    }
  }
}

TEST_CASE("it_is_never_empty_and_an_upper_set_and_knows_no_zero_point") {
  std::mt19937 generator(1);
  std::normal_distribution<double> normal(0, 2);
  for (int trial = 0; trial < 10'000; ++trial) {
    numbers policy(2 + generator() % 16);
    for (double& p : policy)
      p = std::round(normal(generator) * 64) / 64;  // shifts by a power of two stay exact
    if (trial % 2 == 0) policy[0] = 10;             // no violation
    const auto inside = chosen(policy);
    double lowest_in = std::numeric_limits<double>::infinity(), highest_out = -lowest_in;
    bool violated = false, all_violations = true;
    for (std::size_t k = 1; k < policy.size(); ++k) {
      if (inside[k]) lowest_in = std::min(lowest_in, policy[k]);
      if (!inside[k]) highest_out = std::max(highest_out, policy[k]);
      violated = violated || policy[k] >= policy[0];
      all_violations = all_violations && inside[k] == (policy[k] >= policy[0]);
    }
    REQUIRE(lowest_in < std::numeric_limits<double>::infinity());
    REQUIRE(lowest_in > highest_out);
    if (violated) REQUIRE(all_violations);
    numbers shifted = policy;
    for (double& p : shifted) p += 1024;
    REQUIRE(chosen(shifted) == inside);
  }
}

TEST_CASE("masked_items_neither_violate_nor_cluster") {
  constexpr double masked = -std::numeric_limits<double>::infinity();
  CHECK(chosen({-1, -5, masked, -2, -4}) == std::vector<bool>{false, false, false, true, false});
  CHECK(chosen({-1, masked, -7}) == std::vector<bool>{false, false, true});
}

TEST_CASE("an_item_as_good_as_the_preferred_one_is_a_violation") {
  CHECK(chosen({-1, -1, -0.5, -2}) == std::vector<bool>{false, true, true, false});
}

}  // namespace
