#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/detail/exclusion.hpp>

using prefopt::detail::exclusion;

namespace {

/// Asks about every item, before and after adding some, and compares with a std::set.
void check_against_set(exclusion& excluded, std::int32_t num_items, std::size_t history_length,
                       prefopt::index places) {
  CAPTURE(num_items);
  CAPTURE(history_length);
  CAPTURE(places);
  std::mt19937 random(static_cast<unsigned>(num_items) + static_cast<unsigned>(history_length));
  std::uniform_int_distribution<std::int32_t> item(0, num_items - 1);
  std::set<std::int32_t> expected;
  while (expected.size() < history_length) expected.insert(item(random));
  const std::vector<std::int32_t> history(expected.begin(), expected.end());
  const std::int32_t positive = item(random);
  excluded.reset(positive, history, places);
  expected.insert(positive);

  const auto agrees = [&] {
    for (std::int32_t i = 0; i < num_items; ++i)
      if (excluded.contains(i) != expected.contains(i)) return false;
    return true;
  };
  CHECK(agrees());
  for (prefopt::index place = 0; place < places; ++place) {
    const std::int32_t drawn = item(random);
    excluded.add(drawn);
    expected.insert(drawn);
  }
  CHECK(agrees());
}

}  // namespace

TEST_CASE("exclusion holds the positive, the history and what was added, and nothing else") {
  for (const std::int32_t num_items : {1, 2, 63, 64, 65, 4000, 100'000}) {
    exclusion excluded(num_items);  // reused: no row may see what the one before it excluded
    const auto all = static_cast<std::size_t>(num_items);
    for (const std::size_t length : {all, all / 2, std::size_t{1}, std::size_t{0}})
      for (const prefopt::index places : {0, 1, 40}) check_against_set(excluded, num_items, length, places);
  }
}
