#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// \file
/// What the library needs of <algorithm>, for lists of items: that header and what it drags in would be a quarter
/// of all that is included.

namespace prefopt::detail {

inline bool is_ascending(std::span<const std::int32_t> items) {
  for (std::size_t i = 1; i < items.size(); ++i)
    if (items[i] < items[i - 1]) return false;
  return true;
}

/// Of ascending items. Halves them without a branch: nobody can guess where an item lies.
inline bool is_among(std::span<const std::int32_t> ascending, std::int32_t item) {
  const std::int32_t* first = ascending.data();
  std::size_t size = ascending.size();
  if (size == 0) return false;
  while (size > 1) {
    const std::size_t half = size / 2;
    first += first[half] <= item ? half : 0;
    size -= half;
  }
  return *first == item;
}

}  // namespace prefopt::detail
