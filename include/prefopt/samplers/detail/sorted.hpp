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

/// Of ascending items.
inline bool is_among(std::span<const std::int32_t> ascending, std::int32_t item) {
  while (!ascending.empty()) {
    const std::size_t middle = ascending.size() / 2;
    if (ascending[middle] == item) return true;
    ascending = ascending[middle] < item ? ascending.subspan(middle + 1) : ascending.first(middle);
  }
  return false;
}

}  // namespace prefopt::detail
