#pragma once

#include <cstddef>
#include <span>
#include <utility>

namespace prefopt::detail {

/// Ascending: O(n log n) whatever the order, nothing allocated.
template <class Item>
void heap_sort(std::span<Item> items) {
  const auto sink = [items](std::size_t place, std::size_t end) {
    while (2 * place + 1 < end) {
      std::size_t child = 2 * place + 1;
      if (child + 1 < end && items[child] < items[child + 1]) ++child;
      if (!(items[place] < items[child])) return;
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
