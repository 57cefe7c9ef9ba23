#include <algorithm>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/detail/three_means.hpp>

namespace {

using numbers = std::vector<double>;

double spread(std::span<const double> values) {
  long double mean = 0, squares = 0;
  for (const double x : values) mean += static_cast<long double>(x) / static_cast<long double>(values.size());
  for (const double x : values) squares += (x - mean) * (x - mean);
  return static_cast<double>(squares);
}

/// Every pair of cuts, O(K²) of them, each cost from scratch.
double by_every_cut(numbers values) {
  std::sort(values.begin(), values.end());
  const std::span<const double> sorted(values);
  const auto first_of_run = [&](std::size_t i) { return sorted[i] != sorted[i - 1]; };
  double best = std::numeric_limits<double>::infinity(), top = sorted.back();
  for (std::size_t b = 2; b < sorted.size(); ++b)
    for (std::size_t a = 1; a < b; ++a) {
      if (!first_of_run(a) || !first_of_run(b)) continue;
      const double cost =
          spread(sorted.first(a)) + spread(sorted.subspan(a, b - a)) + spread(sorted.subspan(b));
      if (cost < best - 1e-12 * spread(sorted))
        best = cost, top = sorted[b];  // cuts ascend: ties keep the larger top
    }
  return top;
}

double by_three_means(numbers values) {
  return prefopt::detail::three_means<double>(std::span(values)).smallest_of_top();
}

TEST_CASE("the_top_cluster_is_that_of_an_optimal_partition") {
  std::mt19937 generator(1);
  std::normal_distribution<double> normal(-3, 2);
  for (int trial = 0; trial < 10'000; ++trial) {
    numbers values(1 + generator() % 20);
    for (double& x : values) x = normal(generator);
    if (trial % 3 == 0)
      for (double& x : values) x = x < -3 ? x * 1e-3 : x * 1e3;
    CAPTURE(trial);
    REQUIRE(by_three_means(values) == by_every_cut(values));
  }
}

TEST_CASE("of_equally_good_partitions_the_larger_top_cluster_counts_and_equal_values_stay_together") {
  std::mt19937 generator(2);
  for (int trial = 0; trial < 20'000; ++trial) {
    numbers values(1 + generator() % 12);
    const auto different = 1 + generator() % 6;  // small integers: ties and repetitions abound
    for (double& x : values) x = static_cast<double>(generator() % different);
    CAPTURE(trial);
    REQUIRE(by_three_means(values) == by_every_cut(values));
  }
  CHECK(by_three_means({0, 1, 2, 3}) == 2);  // {0} {1} {2, 3} costs what {0, 1} {2} {3} does
}

TEST_CASE("there_are_no_more_clusters_than_different_values") {
  CHECK(by_three_means({-2}) == -2);
  CHECK(by_three_means({-2, -2, -2, -2}) == -2);
  CHECK(by_three_means({-2, -1, -2, -1}) == -1);
  CHECK(by_three_means({-3, -1, -2, -1, -3}) == -1);
}

TEST_CASE("far_away_and_close_together_values_are_still_told_apart") {
  CHECK(by_three_means({1e4, 1e4 + 1e-3, 1e4 + 2, 1e4 + 2.001, 1e4 + 5, 1e4 + 5.001}) == 1e4 + 5);
  CHECK(by_three_means({-1e4, 1e4, 0, 1e-3, 1e4 - 1e-3}) == 1e4 - 1e-3);
}

TEST_CASE("a_long_row_takes_no_quadratic_time") {
  std::mt19937 generator(3);
  numbers values(1'000'000);
  for (double& x : values) x = static_cast<double>(generator()) + (generator() % 3 == 0 ? 1e10 : 0);
  CHECK(by_three_means(values) >= 1e10);
}

}  // namespace
