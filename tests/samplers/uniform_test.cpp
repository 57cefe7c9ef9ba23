#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/uniform.hpp>

#include "draws.hpp"

using prefopt::samplers::uniform;

namespace {

items all_but(std::int32_t num_items, std::int32_t left_out) {
  items result(static_cast<std::size_t>(num_items));
  std::iota(result.begin(), result.end(), 0);
  std::erase(result, left_out);
  return result;
}

/// Users who like nothing, one item, nearly everything, everything, and something in between.
examples users_of(std::int32_t num_items) {
  examples users{{0, 1, 2, 3, 4, 5, 5},
                 {{},
                  {7},
                  {7, 7, 2},
                  all_but(num_items, 9),
                  all_but(num_items, 4),
                  all_but(num_items, -1),
                  all_but(num_items / 2, -1)}};
  return users;
}

examples many_users(std::int32_t num_items) {
  std::mt19937 random(3);
  examples users;
  for (int u = 0; u < 37; ++u) {
    users.positives.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(num_items)));
    users.liked.emplace_back();
    for (int i = 0; i < 3 * u; ++i)
      users.liked.back().push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(num_items)));
  }
  return users;
}

}  // namespace

TEST_CASE("uniform fills rows with allowed items, once each, and masks where they run out") {
  for (const std::int32_t num_items : {12, 64, 1000, 100'000})
    for (const bool repeat : {false, true})
      for (const prefopt::index count : {0, 1, 5, 100, 1500}) {
        CAPTURE(num_items);
        CAPTURE(count);
        check_rows(uniform{.num_items = num_items, .repeat = repeat}, users_of(num_items),
                   static_cast<std::size_t>(num_items), count, repeat);
      }
}

TEST_CASE("uniform with one item left draws it, and repeats it only if it may") {
  const examples user{{3}, {all_but(1000, 9)}};
  CHECK(draw(uniform{.num_items = 1000}, user, 3) == items{9, -1, -1});
  CHECK(draw(uniform{.num_items = 1000, .repeat = true}, user, 3) == items{9, 9, 9});
  CHECK(draw(uniform{.num_items = 1}, {{0}, {{}}}, 2) == items{-1, -1});
}

TEST_CASE("uniform without histories excludes the positives alone") {
  items negatives(8);
  const items positives{0, 1, 2, 3};
  CHECK(uniform{.num_items = 4}.draw(positives, {}, {}, prefopt::as_matrix(negatives, 4, 2)) == 0);
  for (std::size_t i = 0; i < 8; ++i) CHECK(negatives[i] != positives[i / 2]);
}

TEST_CASE("uniform reaches the largest catalogue") {
  constexpr std::int32_t last = 2'147'483'646;
  const items drawn = draw(uniform{.num_items = last + prefopt::index{1}}, {{last}, {{0, last - 1}}}, 1000);
  CHECK(*std::max_element(drawn.begin(), drawn.end()) > last / 100 * 98);
  CHECK(*std::min_element(drawn.begin(), drawn.end()) < last / 100 * 2);
}

TEST_CASE("uniform draws the same on any number of threads, and however a batch is split") {
  check_reproducible(uniform{.num_items = 5000}, many_users(5000));
  check_reproducible(uniform{.num_items = 100}, many_users(100));
  check_reproducible(uniform{.num_items = 100, .repeat = true}, many_users(100));
}

TEST_CASE("uniform writes into any layout") { check_layouts(uniform{.num_items = 500}, many_users(500)); }

TEST_CASE("uniform of no examples draws nothing") { CHECK(draw(uniform{.num_items = 5}, {}, 3).empty()); }

TEST_CASE("the first uniform draws of a seed never change") {
  examples users{{0, 10, 20}, {{}, {5, 6, 7}, items(99'992)}};
  std::iota(users.liked[2].begin(), users.liked[2].end(), 8);  // so few are left that the exact method draws
  CHECK(draw(uniform{.num_items = 100'000}, users, 5, {.seed = 7, .step = 1, .first_example = 2}) ==
        items{59082, 11495, 11150, 65974, 95038, 75580, 22942, 39664, 43086, 49915, 4, 5, 0, 7, 1});
}

TEST_CASE("the exact method draws after 256 refused proposals for a place, and not sooner") {
  // Found with a second implementation: example 1779 accepts its 256th proposal, 1095 would accept its 257th (1997),
  // and 51 fills three places with its proposals 199, 276 and 383.
  examples user{{0}, {items(1995)}};
  std::iota(user.liked[0].begin(), user.liked[0].end(), 0);
  const uniform sampler{.num_items = 2000};
  CHECK(draw(sampler, user, 1, {.seed = 7, .first_example = 1779}) == items{1996});
  CHECK(draw(sampler, user, 1, {.seed = 7, .first_example = 1095}) == items{1996});
  CHECK(draw(sampler, user, 3, {.seed = 7, .first_example = 51}) == items{1997, 1999, 1998});
}

TEST_CASE("uniform names what makes no sense") {
  check_errors(uniform{.num_items = 10}, "uniform");
  const auto error_of = [](prefopt::index num_items) {
    return error_text([=] { draw(uniform{.num_items = num_items}, {}, 1); });
  };
  CHECK(error_of(0) == "uniform::draw: num_items is 0, expected 1 to 2^31 - 1");
  CHECK(error_of(-4) == "uniform::draw: num_items is -4, expected 1 to 2^31 - 1");
  CHECK(error_of(2'147'483'648) == "uniform::draw: num_items is 2147483648, expected 1 to 2^31 - 1");
  CHECK(error_text([] { law_of(uniform{}, 0, {}, 0); }) ==
        "uniform::law: num_items is 0, expected 1 to 2^31 - 1");
}
