#include "world.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

#include "split.hpp"

using namespace sasrec;

namespace {

world_config small(std::uint64_t seed) {
  return {.users = 300, .items = 200, .genres = 5, .slate = 20, .shortest = 5, .longest = 30, .seed = seed};
}

}  // namespace

TEST_CASE("a seed gives one world and another seed another") {
  const world a(small(1)), b(small(1)), c(small(2));
  CHECK(a.log().sequences == b.log().sequences);
  CHECK(a.like(3, 5) == b.like(3, 5));
  CHECK(a.log().sequences != c.log().sequences);
  CHECK(a.like(3, 5) != c.like(3, 5));
}

TEST_CASE("the probabilities of a world are normalised") {
  const world w(small(1));
  const auto check_sums_to_one = [](const std::vector<double>& probabilities) {
    CHECK(std::accumulate(probabilities.begin(), probabilities.end(), 0.0) ==
          doctest::Approx(1).epsilon(1e-12));
    CHECK(std::all_of(probabilities.begin(), probabilities.end(), [](double p) { return p > 0 && p < 1; }));
  };
  CHECK(w.exposure().size() == 200);
  check_sums_to_one(w.exposure());
  for (const std::int32_t user : {0, 7, 299})
    for (const std::int32_t item : {0, 11, 199}) {
      CHECK(w.preference(user, item).size() == 200);
      check_sums_to_one(w.preference(user, item));
      CHECK(w.like(user, item) > 0);
      CHECK(w.like(user, item) < 1);
    }
}

TEST_CASE("histories have the asked lengths and no repeats") {
  const world w(small(1));
  const interaction_log& log = w.log();
  CHECK(log.sequences.size() == 300);
  CHECK(log.items == 200);
  CHECK(log.user_ids.size() == 300);
  CHECK(log.item_ids.size() == 200);
  std::size_t interactions = 0;
  for (auto sequence : log.sequences) {
    CHECK(sequence.size() >= 5);
    CHECK(sequence.size() <= 30);
    interactions += sequence.size();
    std::sort(sequence.begin(), sequence.end());
    CHECK(std::adjacent_find(sequence.begin(), sequence.end()) == sequence.end());
    CHECK(sequence.front() >= 0);
    CHECK(sequence.back() < 200);
  }
  CHECK(log.interactions == interactions);
}

TEST_CASE("exposure is Zipf's law") {
  const world w(small(1));
  std::vector<double> exposure = w.exposure();
  std::sort(exposure.begin(), exposure.end(), std::greater<>());
  for (const std::size_t rank : {1u, 9u, 99u, 199u})
    CHECK(exposure[0] / exposure[rank] == doctest::Approx(static_cast<double>(rank + 1)));
}

TEST_CASE("users choose what they like, what is popular, and what follows") {
  const world w(small(1));
  const interaction_log& log = w.log();
  double liked_chosen = 0, liked_overall = 0, exposed = 0, asked_for = 0;
  std::size_t steps = 0;
  for (std::int32_t user = 0; user < 300; ++user) {
    const auto& sequence = log.sequences[static_cast<std::size_t>(user)];
    for (std::size_t t = 1; t < sequence.size(); ++t, ++steps) {
      liked_chosen += w.like(user, sequence[t]);
      exposed += 200 * w.exposure()[static_cast<std::size_t>(sequence[t])];
      asked_for += 200 * w.preference(user, sequence[t - 1])[static_cast<std::size_t>(sequence[t])];
    }
    for (std::int32_t item = 0; item < 200; ++item) liked_overall += w.like(user, item) / (300.0 * 200.0);
  }
  const auto count = static_cast<double>(steps);
  CHECK(liked_chosen / count > 1.5 * liked_overall);
  CHECK(exposed / count > 1.5);  // a uniform choice would give 1
  CHECK(asked_for / count > 2);  // so would this one
}

TEST_CASE("a world that cannot be is refused") {
  const auto create = [](auto change) {
    world_config config = small(1);
    change(config);
    const world w(config);
  };
  CHECK_THROWS_WITH_AS(create([](world_config& c) { c.users = 0; }), "world: users is 0, expected at least 1",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(create([](world_config& c) { c.longest = 4; }),
                       "world: longest is 4, expected at least shortest", std::invalid_argument);
  CHECK_THROWS_WITH_AS(
      create([](world_config& c) { c.items = 99; }),
      "world: items is 99, expected at least 2 * (longest + slate) = 100, so that slates never "
      "run dry",
      std::invalid_argument);
}
