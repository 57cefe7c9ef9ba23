#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

/// \file
/// A filter of items: bit i modulo their number, a power of two, says that item i may be one of them.

namespace prefopt::detail {

/// 32 bits for each item: one other item in 32 has to be looked up.
inline std::size_t filter_words(std::size_t items) {
  const std::size_t bits = std::bit_ceil(32 * items);
  return bits < 64 ? 1 : bits / 64;
}

inline void mark(std::span<std::uint64_t> filter, std::int32_t item) {
  const auto at = static_cast<std::size_t>(item);
  filter[at / 64 & (filter.size() - 1)] |= std::uint64_t{1} << at % 64;
}

}  // namespace prefopt::detail
