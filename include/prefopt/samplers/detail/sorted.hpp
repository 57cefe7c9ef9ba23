#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <prefopt/detail/transpose.hpp>
#include <prefopt/numeric/pack.hpp>

/// \file
/// What the library needs of <algorithm>, for lists of items: that header and what it drags in would be a quarter
/// of all that is included.

namespace prefopt::detail {

inline bool is_ascending(std::span<const std::int32_t> items) {
  for (std::size_t i = 1; i < items.size(); ++i)
    if (items[i] < items[i - 1]) return false;
  return true;
}

/// Of ascending items. A few packs of them are compared all at once; more are halved without a branch, for nobody can
/// guess where an item lies, but every half waits for the one before it.
inline bool is_among(std::span<const std::int32_t> ascending, std::int32_t item) {
  using packed = native_pack<std::int32_t>;
  constexpr std::size_t lanes = lane_count<packed>, few = 8 * lanes;
  const std::int32_t* first = ascending.data();
  std::size_t size = ascending.size();
  if (size == 0) return false;
  if (size >= lanes && size <= few) {
    const auto equal = [&](std::size_t i) {
      return load_pack<std::int32_t, lanes>(first + i) == packed(item);
    };
    auto found = equal(size - lanes);
    for (std::size_t i = 0; i + lanes < size; i += lanes) found = found | equal(i);
    return any(found);
  }
  while (size > 1) {
    const std::size_t half = size / 2;
    first += first[half] <= item ? half : 0;
    size -= half;
  }
  return *first == item;
}

}  // namespace prefopt::detail
