#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/selections/boundary.hpp>
#include <prefopt/strengths/dual_margin.hpp>

#include "support/error_text.hpp"
#include "support/plain_row.hpp"

/// \file
/// The properties of the specification's sections on the dual margin, over random rows.

namespace {

using prefopt::strengths::dual_margin;
using numbers = std::vector<double>;
const double tanh_1 = std::tanh(1.0);

/// β of every candidate; 0 where the boundary leaves it out.
numbers betas(const numbers& policy, const dual_margin& strength) {
  test::plain_row example(policy);
  const auto row = example.select(prefopt::selections::boundary{});
  const auto column = strength(row);
  numbers values;
  for (std::size_t k = 0; k < policy.size(); ++k) {
    const auto at = static_cast<prefopt::index>(k);
    values.push_back(prefopt::lane(row.rejected().at(at), 0) ? prefopt::lane(column.at(at), 0) : 0);
  }
  return values;
}

struct random_rows {
  std::mt19937 generator{1};
  std::normal_distribution<double> normal{-2, 2};

  numbers next(std::size_t most = 12) {
    numbers policy(2 + generator() % (most - 1));
    for (double& p : policy) p = normal(generator);
    return policy;
  }
};

TEST_CASE("strengths_stay_within_their_bounds") {
  random_rows rows;
  for (int trial = 0; trial < 10'000; ++trial) {
    const numbers policy = rows.next();
    const dual_margin strength{.beta = 0.7, .margin = trial % 2 == 0 ? 2.0 : 6.0, .scale = 0.5};
    const numbers found = betas(policy, strength);
    double easy = 0, left_out = 0;
    for (std::size_t k = 1; k < policy.size(); ++k)
      if (found[k] == 0) easy += policy[k], ++left_out;
    for (std::size_t k = 1; k < policy.size(); ++k) {
      if (found[k] == 0) continue;
      REQUIRE(found[k] >= 0.35);
      REQUIRE(found[k] < 0.7 * (1 + 0.5 * tanh_1));
      if (left_out > 0 && policy[k] >= policy[0] && easy / left_out <= policy[k])
        REQUIRE(found[k] <= 0.7 * (1 - 0.5 * tanh_1) + 1e-15);
    }
  }
}

TEST_CASE("a_larger_margin_weakens") {
  random_rows rows;
  for (int trial = 0; trial < 10'000; ++trial) {
    const numbers policy = rows.next();
    const numbers low = betas(policy, {.margin = 1}), high = betas(policy, {.margin = 1.5});
    for (std::size_t k = 1; k < policy.size(); ++k) REQUIRE(high[k] <= low[k]);
  }
}

TEST_CASE("a_constant_added_to_all_scores_changes_nothing_and_scale_belongs_to_the_margin") {
  random_rows rows;
  for (int trial = 0; trial < 10'000; ++trial) {
    const numbers policy = rows.next();
    numbers shifted = policy, scaled = policy;
    for (double& p : shifted) p += 3;
    for (double& p : scaled) p *= 4;
    const numbers found = betas(policy, {.margin = 2});
    const numbers by_shift = betas(shifted, {.margin = 2}), by_scale = betas(scaled, {.margin = 8});
    for (std::size_t k = 1; k < policy.size(); ++k) {
      REQUIRE(by_shift[k] == doctest::Approx(found[k]).epsilon(1e-11));
      REQUIRE(by_scale[k] == doctest::Approx(found[k]).epsilon(1e-13));
    }
  }
}

TEST_CASE("without_scale_there_is_one_strength") {
  random_rows rows;
  for (int trial = 0; trial < 10'000; ++trial)
    for (const double beta : betas(rows.next(), {.beta = 0.3, .scale = 0}))
      REQUIRE((beta == 0 || beta == 0.3));
}

TEST_CASE("one_violating_item_gets_the_closed_form") {
  const double margin = 2, p0 = -3, p1 = -1;
  const double expected = 1 + 0.5 * std::tanh(-1 - margin / std::abs(p0 - p1));
  CHECK(betas({p0, p1}, {.beta = 1, .margin = margin, .scale = 0.5})[1] ==
        doctest::Approx(expected).epsilon(1e-14));
}

TEST_CASE("where_both_margins_vanish_the_margin's_sign_decides") {
  const numbers alike{-1, -1, -1};
  CHECK(betas(alike, {.margin = 2})[1] == 0.5);
  CHECK(betas(alike, {.margin = 0})[1] == 1);
  CHECK(betas(alike, {.margin = -2})[1] == 1.5);
}

TEST_CASE("extreme_scores_give_strengths_within_bounds") {
  for (const numbers& policy : {numbers{1e4, -1e4, 0}, numbers{-1e4, 1e4, -1e4}, numbers{0, 1e-300, -1e4}})
    for (const double beta : betas(policy, {})) CHECK((beta == 0 || (beta >= 0.5 && beta < 1.5)));
}

TEST_CASE("settings_outside_their_range_are_refused") {
  CHECK(error_text([] { dual_margin{.beta = 0}.check(); }) ==
        "dual_margin: beta is 0, expected a finite value above 0");
  CHECK(error_text([] { dual_margin{.margin = std::numeric_limits<double>::infinity()}.check(); }) ==
        "dual_margin: margin is inf, expected a finite value");
  CHECK(error_text([] { dual_margin{.scale = 1}.check(); }) ==
        "dual_margin: scale is 1, expected a value in [0, 1)");
}

}  // namespace
