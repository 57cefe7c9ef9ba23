#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "lists.hpp"

/// \file
/// Plackett–Luce over groups against what it must agree with: orders, places and the sum over all orders.

namespace {

using prefopt::index;
using test::difference;
using test::lists;
using test::matrix;
using test::run;
using test::same;

constexpr index rows = 10'000;
const auto groups = prefopt::plackett_luce_groups({.beta = 0.7});

TEST_CASE("groups_of_one_are_plackett_luce") {
  lists x(rows, 6, 1);
  matrix<std::int32_t> order(rows, 6);
  for (index b = 0; b < rows; ++b)
    for (index place = 0; place < 6; ++place) {
      order(b, place) = static_cast<std::int32_t>((place + b) % 6);
      x.relevance(b, order(b, place)) = 10 - static_cast<double>(place) / 3;
    }
  CHECK(same(run(groups, x.batch()),
             run(prefopt::plackett_luce({.beta = 0.7}), {.policy = x.policy, .order = order})));
}

TEST_CASE("grades_above_a_rest_are_the_first_places_and_one_above_it_is_s_dpo") {
  for (const index top_m : {1, 2, 3}) {
    CAPTURE(top_m);
    lists x(rows, 6, 1);
    for (index b = 0; b < rows; ++b)
      for (index place = 0; place < top_m; ++place) x.relevance(b, place) = 9 - static_cast<double>(place);
    const auto out = run(groups, x.batch());
    CHECK(same(out, run(prefopt::plackett_luce_topm({.beta = 0.7, .top_m = top_m}), {.policy = x.policy})));
    if (top_m == 1) CHECK(same(out, run(prefopt::s_dpo({.beta = 0.7}), {.policy = x.policy})));
  }
}

TEST_CASE("only_the_order_of_the_grades_matters") {
  lists x(rows, 6, 3);
  const auto out = run(groups, x.batch());
  for (double& grade : x.relevance.values()) grade = std::exp(3 * grade) - 5;
  CHECK(same(run(groups, x.batch()), out, 1e-15));
}

/// P(order) of Plackett–Luce, with the gradient of log P.
long double probability(const std::vector<long double>& r, const std::vector<index>& order,
                        std::vector<long double>& slopes) {
  long double p = 1;
  slopes.assign(r.size(), 0);
  for (std::size_t place = 0; place < order.size(); ++place) {
    long double rest = 0;
    for (std::size_t j = place; j < order.size(); ++j)
      rest += std::exp(r[static_cast<std::size_t>(order[j])]);
    for (std::size_t j = place; j < order.size(); ++j)
      slopes[static_cast<std::size_t>(order[j])] -= std::exp(r[static_cast<std::size_t>(order[j])]) / rest;
    slopes[static_cast<std::size_t>(order[place])] += 1;
    p *= std::exp(r[static_cast<std::size_t>(order[place])]) / rest;
  }
  return p;
}

TEST_CASE("the_probability_of_groups_is_the_sum_over_all_orders_that_agree_with_them") {
  constexpr index n = 6, count = 600;
  for (const int grades : {2, 3, 4}) {
    CAPTURE(grades);
    const lists x(count, n, grades, static_cast<std::uint64_t>(grades));
    const auto out = run(groups, x.batch());
    double worst = 0;
    for (index b = 0; b < count; ++b) {
      std::vector<long double> r, slopes, mean(n, 0);
      for (index k = 0; k < n; ++k) r.push_back(0.7L * x.policy(b, k));
      std::vector<index> order(n);
      std::iota(order.begin(), order.end(), 0);
      long double total = 0;
      do {
        bool agrees = true;
        for (std::size_t place = 1; place < n; ++place)
          agrees = agrees && x.relevance(b, order[place - 1]) >= x.relevance(b, order[place]);
        if (!agrees) continue;
        const long double p = probability(r, order, slopes);
        total += p;
        for (std::size_t k = 0; k < n; ++k) mean[k] += p * slopes[k];
      } while (std::next_permutation(order.begin(), order.end()));
      const auto compare = [&](double actual, long double expected) {
        worst = std::max(worst, std::abs(actual - static_cast<double>(expected)) /
                                    (1 + std::abs(static_cast<double>(expected))));
      };
      compare(out.losses(b), -std::log(total));
      for (index k = 0; k < n; ++k)
        compare(out.gradient(b, k), -0.7L * mean[static_cast<std::size_t>(k)] / total);
    }
    CHECK(worst < 1e-11);
  }
}

TEST_CASE("the_probabilities_of_all_ways_to_choose_a_first_group_sum_to_1") {
  constexpr index n = 5, contexts = 1200;
  for (const int size : {1, 2, 3, 4}) {
    CAPTURE(size);
    std::vector<index> subsets;
    for (index set = 0; set < (1 << n); ++set)
      if (__builtin_popcountll(static_cast<unsigned long long>(set)) == size) subsets.push_back(set);
    const index ways = static_cast<index>(subsets.size());
    const lists drawn(contexts, n, 1, 7);
    lists x(contexts * ways, n, 1);
    for (index b = 0; b < contexts * ways; ++b)
      for (index k = 0; k < n; ++k) {
        x.policy(b, k) = drawn.policy(b / ways, k);
        x.relevance(b, k) = static_cast<double>(subsets[static_cast<std::size_t>(b % ways)] >> k & 1);
      }
    const auto out = run(groups, x.batch());
    double worst = 0;
    for (index context = 0; context < contexts; ++context) {
      double total = 0;
      for (index i = 0; i < ways; ++i) total += std::exp(-out.losses(context * ways + i));
      worst = std::max(worst, std::abs(total - 1));
    }
    CHECK(worst < 1e-12);
  }
}

/// Equal items: P(g of them before the other n − g) = 1 / (n over g).
TEST_CASE("large_groups_of_equal_items_have_the_probability_of_a_subset") {
  for (const index n : {20, 60, 300})
    for (const index size : {1, 2, 7, 19}) {
      CAPTURE(n);
      CAPTURE(size);
      const matrix<double> policy(1, n, 2.5);
      matrix<double> relevance(1, n);
      for (index k = 0; k < size; ++k) relevance(0, k) = 1;
      const auto out = run(groups, {.policy = policy, .relevance = relevance});
      const auto log_factorial = [](index m) { return std::lgamma(static_cast<double>(m) + 1); };
      CHECK(out.losses(0) ==
            doctest::Approx(log_factorial(n) - log_factorial(size) - log_factorial(n - size)).epsilon(1e-12));
    }
}

}  // namespace
