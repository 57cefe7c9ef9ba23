#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/detail/heap_sort.hpp>
#include <prefopt/samplers/detail/sorted.hpp>

namespace {

/// Numbers without a pattern, many of them equal.
std::vector<std::int32_t> scrambled(std::size_t count) {
  std::vector<std::int32_t> items;
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    items.push_back(static_cast<std::int32_t>(state >> 16) % 97 - 20);
  }
  return items;
}

TEST_CASE("sort_orders_lists_of_every_length_as_the_standard_library_does") {
  for (std::size_t count = 0; count < 200; ++count) {
    std::vector<std::int32_t> items = scrambled(count), expected = items;
    std::sort(expected.begin(), expected.end());
    CHECK(prefopt::detail::is_ascending(items) == (items == expected));
    prefopt::detail::heap_sort(std::span(items));
    CHECK(items == expected);
    CHECK(prefopt::detail::is_ascending(items));
    prefopt::detail::heap_sort(std::span(items));
    CHECK(items == expected);
  }
}

TEST_CASE("an_item_is_among_ascending_ones_if_it_is_there") {
  for (const std::size_t count : {0u, 1u, 2u, 3u, 4u, 15u, 16u, 17u, 50u, 51u, 127u, 128u, 129u}) {
    std::vector<std::int32_t> items = scrambled(count);
    prefopt::detail::heap_sort(std::span(items));
    for (std::int32_t item = -22; item < 80; ++item)
      CHECK(prefopt::detail::is_among(items, item) == (std::count(items.begin(), items.end(), item) > 0));
  }
}

}  // namespace
