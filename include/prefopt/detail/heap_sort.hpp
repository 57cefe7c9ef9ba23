#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include <prefopt/detail/instruction_set.hpp>

namespace prefopt::detail {

struct smaller_first {
  template <class Item>
  constexpr bool operator()(const Item& a, const Item& b) const {
    return a < b;
  }
};

/// O(n log n) whatever the order, nothing allocated.
template <class Item, class Before = smaller_first>
void heap_sort(std::span<Item> items, const Before& before = {}) {
  const auto sink = [items, &before](std::size_t place, std::size_t end) {
    while (2 * place + 1 < end) {
      std::size_t child = 2 * place + 1;
      if (child + 1 < end && before(items[child], items[child + 1])) ++child;
      if (!before(items[place], items[child])) return;
      std::swap(items[place], items[child]);
      place = child;
    }
  };
  for (std::size_t place = items.size() / 2; place-- > 0;) sink(place, items.size());
  for (std::size_t end = items.size(); end-- > 1;) {
    std::swap(items[0], items[end]);
    sink(0, end);
  }
}

}  // namespace prefopt::detail
