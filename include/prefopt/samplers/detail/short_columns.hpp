#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <prefopt/samplers/detail/gather.hpp>

namespace prefopt::detail {

/// An alias table's columns in 32 bits each, half of what they take otherwise: how far away they are is most of what a draw
/// costs. The lower bits are the alias, as many as an item needs; the others are the upper bits of what the column's own
/// item keeps, and say which of the two is drawn, unless the mass drawn has the very same.
class short_columns {
 public:
  /// None.
  short_columns() = default;
  /// entries  [n], the columns: own_mass and alias. None if there are more than 2^24: hardly a bit would be left.
  template <class Entry>
  explicit short_columns(const std::vector<Entry>& entries) {
    constexpr std::size_t most = 1 << 24;
    if (entries.size() > most) return;
    alias_bits_ = std::bit_ceil(static_cast<std::uint32_t>(entries.size())) - 1;
    columns_.reserve(entries.size());
    for (const Entry& entry : entries)
      columns_.push_back((entry.own_mass & ~alias_bits_) | static_cast<std::uint32_t>(entry.alias));
  }

  bool exist() const { return !columns_.empty(); }

#if defined(__AVX512F__) && !defined(__CUDACC__)
  /// The items that lie this far into these columns; false if one of them cannot be told.
  bool pick(const word_lanes& column, const word_lanes& mass, word_lanes& item) const {
    constexpr unsigned all = 0xffff;
    const word_lanes found = gather(columns_.data(), column, all, 0);
    const word_lanes own = found & ~alias_bits_, upper = mass & ~alias_bits_;
    item = upper < own ? column : found & alias_bits_;
    return unequal_lanes(upper, own, all) == all;
  }
#endif

 private:
  std::vector<std::uint32_t> columns_;
  std::uint32_t alias_bits_ = 0;
};

}  // namespace prefopt::detail
