#pragma once

#include <cstddef>
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
template <class Element, class Before>
void sort(std::span<Element> elements, const Before& before) {
  const auto sink = [&](std::size_t place, std::size_t end) {
    while (2 * place + 1 < end) {
      std::size_t child = 2 * place + 1;
      if (child + 1 < end && before(elements[child], elements[child + 1])) ++child;
      if (!before(elements[place], elements[child])) return;
      std::swap(elements[place], elements[child]);
      place = child;
    }
  };
  for (std::size_t place = elements.size() / 2; place-- > 0;) sink(place, elements.size());
  for (std::size_t end = elements.size(); end-- > 1;) {
    std::swap(elements[0], elements[end]);
    sink(0, end);
  }
}
inline void sort(std::span<std::int32_t> items) {
  sort(items, [](std::int32_t a, std::int32_t b) { return a < b; });
}

}  // namespace prefopt::detail
