#pragma once

#include <cstdint>
#include <span>
#include <utility>

/// \file
/// What the library needs of <algorithm>, for lists of items: that header and what it drags in would be a quarter
/// of all that is included.

namespace prefopt::detail {

inline bool is_ascending(std::span<const std::int32_t> items) {
  for (std::size_t i = 1; i < items.size(); ++i)
    if (items[i] < items[i - 1]) return false;
  return true;
}

/// Of ascending items.
inline bool is_among(std::span<const std::int32_t> ascending, std::int32_t item) {
  while (!ascending.empty()) {
    const std::size_t middle = ascending.size() / 2;
    if (ascending[middle] == item) return true;
    ascending = ascending[middle] < item ? ascending.subspan(middle + 1) : ascending.first(middle);
  }
  return false;
}

/// Heap sort: O(n log n) whatever the order, nothing allocated.
inline void sort(std::span<std::int32_t> items) {
  const auto sink = [items](std::size_t place, std::size_t end) {
    while (2 * place + 1 < end) {
      std::size_t child = 2 * place + 1;
      if (child + 1 < end && items[child] < items[child + 1]) ++child;
      if (items[child] <= items[place]) return;
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
