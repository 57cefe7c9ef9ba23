#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <prefopt/detail/exponential_race.hpp>

#include "support/statistics.hpp"

namespace {

using prefopt::index;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::uint64_t draws = 200'000;

std::vector<double> race(std::vector<double> log_weights, index count, std::uint64_t step) {
  prefopt::detail::race(std::span(log_weights), count, 7, step);
  return log_weights;
}

TEST_CASE("items_are_included_as_often_as_successive_draws_include_them") {
  const auto file = nlohmann::json::parse(std::ifstream(PREFOPT_GOLDEN_DIR "/samplers.json"));
  int cases = 0;
  for (const auto& one : file.at("cases")) {
    if (one.at("hyper").at("sampler") != "weighted_without_replacement") continue;
    ++cases;
    const index count = one.at("hyper").at("m");
    std::vector<double> log_weights = one.at("inputs").at("weights");
    for (double& weight : log_weights) weight = std::log(weight) - 900;  // e^weight itself underflows
    const std::vector<double> probability = one.at("expected").at("probability");
    std::vector<std::int64_t> included(probability.size(), 0);
    for (std::uint64_t step = 0; step < draws; ++step) {
      const auto drawn = race(log_weights, count, step);
      for (std::size_t i = 0; i < drawn.size(); ++i) included[i] += drawn[i] == 1;
    }
    for (std::size_t i = 0; i < probability.size(); ++i)
      CHECK(statistics::binomial_p(included[i], static_cast<std::int64_t>(draws), probability[i]) > 1e-5);
  }
  CHECK(cases == 9);
}

TEST_CASE("a_single_draw_follows_the_weights") {
  const std::vector<double> weights{0.1, 0.4, 0.2, 0.3};
  std::vector<double> log_weights;
  for (const double weight : weights) log_weights.push_back(std::log(weight));
  std::vector<std::int64_t> drawn(weights.size(), 0);
  for (std::uint64_t step = 0; step < draws; ++step) {
    const auto marks = race(log_weights, 1, step);
    for (std::size_t i = 0; i < marks.size(); ++i) drawn[i] += marks[i] == 1;
  }
  CHECK(statistics::goodness_of_fit_p(drawn, weights) > 1e-4);
}

TEST_CASE("exactly_so_many_are_drawn_and_never_one_without_a_weight") {
  const double nobody = std::numeric_limits<double>::quiet_NaN();
  for (std::uint64_t step = 0; step < 10'000; ++step) {
    const auto marks =
        race({0, nobody, -3, -infinity, 2, 0, -1e300, 1}, 1 + static_cast<index>(step % 7), step);
    CHECK(marks[1] == 0);
    CHECK(marks[3] == 0);
    REQUIRE(std::accumulate(marks.begin(), marks.end(), 0.0) ==
            std::min<double>(6, 1 + static_cast<double>(step % 7)));
  }
}

TEST_CASE("an_example's_key_depends_on_its_place_alone") {
  const auto short_batch = race({0, 0, 0, 0}, 1, 3);
  auto longer = race({0, 0, 0, 0, -infinity, -infinity}, 1, 3);
  longer.resize(4);
  CHECK(longer == short_batch);
}

}  // namespace
