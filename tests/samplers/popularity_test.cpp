#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/uniform.hpp>

#include "draws.hpp"

using prefopt::samplers::popularity;

namespace {

/// Zipf's counts, every fifth item never seen.
std::vector<double> zipf(std::size_t num_items) {
  std::vector<double> counts;
  for (std::size_t i = 0; i < num_items; ++i)
    counts.push_back(i % 5 == 4 ? 0 : 1e4 / static_cast<double>(i + 1));
  return counts;
}

/// From nothing to all of the catalogue, the most popular items first: less and less mass is left.
examples users_of(std::size_t num_items) {
  examples users;
  for (const std::size_t liked : {std::size_t{0}, std::size_t{1}, num_items / 2, num_items - 2, num_items}) {
    users.positives.push_back(2);
    users.liked.emplace_back();
    for (std::size_t i = 0; i < liked; ++i) users.liked.back().push_back(static_cast<std::int32_t>(i));
  }
  return users;
}

}  // namespace

TEST_CASE("popularity fills rows with allowed items, once each, and masks where they run out") {
  for (const std::size_t num_items : {12U, 64U, 3000U})
    for (const double alpha : {0.0, 0.75, 3.0})
      for (const bool repeat : {false, true})
        for (const prefopt::index count : {1, 7, 100}) {
          CAPTURE(num_items);
          CAPTURE(alpha);
          CAPTURE(count);
          check_rows(popularity(zipf(num_items), {.alpha = alpha, .repeat = repeat}), users_of(num_items),
                     num_items, count, repeat);
        }
}

TEST_CASE("popularity finds the last item of a mass that is next to nothing") {
  std::vector<double> counts(100, 0.0);
  counts[3] = 1e15;
  counts[70] = 1e-15;
  counts[71] = 1e-300;
  const popularity sampler(counts, {.alpha = 1});
  CHECK(draw(sampler, {{3}, {{}}}, 4) == items{70, 71, -1, -1});
  CHECK(draw(sampler, {{70}, {{3}}}, 4) == items{71, -1, -1, -1});
  CHECK(draw(popularity(counts, {.alpha = 1, .repeat = true}), {{70}, {{3}}}, 3) == items{71, 71, 71});
  CHECK(draw(sampler, {{3}, {{70, 71}}}, 2) == items{-1, -1});
}

TEST_CASE("an item that was never seen has no mass, unless alpha is 0") {
  const std::vector<double> counts{0, 4, 0, 1};
  CHECK(law_of(popularity(counts, {.alpha = 0.5}), 2, {}, 4) == std::vector<double>{0, 2 / 3., 0, 1 / 3.});
  CHECK(law_of(popularity(counts, {.alpha = 0}), 2, {}, 4) == std::vector<double>{1 / 3., 1 / 3., 0, 1 / 3.});
  CHECK(law_of(popularity({{0, 0}}, {.alpha = 0}), 0, {}, 2) == std::vector<double>{0, 1});
  CHECK(law_of(popularity(counts, {.alpha = 1}), 1, {3}, 4) == std::vector<double>(4, 0.0));
}

TEST_CASE("huge counts and exponents do not overflow") {
  const std::vector<double> counts{1, 1e308, 5e307, 1e308};
  CHECK(law_of(popularity(counts, {.alpha = 1}), 0, {}, 4) == std::vector<double>{0, 0.4, 0.2, 0.4});
  CHECK(law_of(popularity(counts, {.alpha = 1e6}), 0, {}, 4) == std::vector<double>{0, 0.5, 0, 0.5});
}

TEST_CASE("alpha is 0.75 if nobody says otherwise") {
  const double other = std::pow(0.5, 0.75);
  CHECK(law_of(popularity({{2, 1, 1}}), 2, {}, 3)[1] == doctest::Approx(other / (1 + other)));
}

TEST_CASE("popularity draws the same on any number of threads, and however a batch is split") {
  examples users = users_of(400);
  for (int i = 0; i < 3; ++i) {
    users.positives.insert(users.positives.end(), {5, 6, 7, 8});
    users.liked.insert(users.liked.end(), {{1, 2}, {}, {0, 1, 2, 3, 4, 5}, {399}});
  }
  check_reproducible(popularity(zipf(400)), users);
  check_reproducible(popularity(zipf(400), {.alpha = 1, .repeat = true}), users);
}

TEST_CASE("popularity draws the same whatever form the histories have, however popular what they hold is") {
  for (const std::size_t num_items : {400U, 70'000U}) {  // one word a draw, and two
    examples users;
    std::size_t item = 1;
    for (std::int32_t b = 0; b < 203; ++b) {  // more than are settled at once, and an odd number
      users.positives.push_back(b);
      users.liked.emplace_back();
      for (std::int32_t i = 0; i < b % 70; ++i)
        users.liked.back().push_back(static_cast<std::int32_t>((item = item * 75 % 65'537) % 390));
    }
    for (const prefopt::index count : {1, 7, 16, 37, 64, 65, 130}) {
      check_forms(popularity(zipf(num_items), {.repeat = true}), users,
                  static_cast<prefopt::index>(num_items), count);
      check_forms(popularity(zipf(num_items)), users, static_cast<prefopt::index>(num_items), count);
    }
  }
}

TEST_CASE("popularity writes into any layout") { check_layouts(popularity(zipf(400)), users_of(400)); }

TEST_CASE("the first popularity draws of a seed never change") {
  std::vector<double> counts;
  for (int i = 0; i < 64; ++i) counts.push_back(i * i);
  examples users{{0, 63, 63}, {{}, {60, 61, 62}, items(59)}};
  std::iota(users.liked[2].begin(), users.liked[2].end(),
            4);  // so little is left that the exact method draws
  CHECK(draw(popularity(counts, {.alpha = 1}), users, 5, {.seed = 7, .step = 1, .first_example = 2}) ==
        items{38, 51, 43, 61, 21, 48, 57, 25, 56, 52, 3, 2, 1, -1, -1});
}

TEST_CASE("popularity names what makes no sense") {
  check_errors(popularity(zipf(10)), "popularity");
  const auto error_of = [](const std::vector<double>& counts, double alpha) {
    return error_text([&] { popularity(counts, {.alpha = alpha}); });
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
  CHECK(error_of({}, 1) == "popularity: the size of counts is 0, expected 1 to 2^31 - 1");
  CHECK(error_of({1, -2}, 1) == "popularity: counts[1] is -2, expected at least 0 and finite");
  CHECK(error_of({1, 2, not_a_number}, 0) == "popularity: counts[2] is nan, expected at least 0 and finite");
  CHECK(error_of({infinity}, 1) == "popularity: counts[0] is inf, expected at least 0 and finite");
  CHECK(error_of({1}, -0.5) == "popularity: alpha is -0.5, expected at least 0 and finite");
  CHECK(error_of({1}, infinity) == "popularity: alpha is inf, expected at least 0 and finite");
  CHECK(error_of({1}, not_a_number) == "popularity: alpha is nan, expected at least 0 and finite");
  CHECK(error_of({0, 0}, 1) == "popularity: every count is 0, expected a positive one (or alpha = 0)");
  CHECK(error_of({0, 0}, 0).empty());
}
