#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <prefopt/tensor.hpp>

/// \file
/// The items that a row must not draw.

namespace prefopt::detail {

/// The positive, the history, and what the row has drawn so far. A bit filter says no to nearly all other
/// items; only its few "perhaps" are looked up. Reused from row to row.
class exclusion {
 public:
  explicit exclusion(index num_items) : num_items_(static_cast<std::size_t>(num_items)) {}

  /// Starts a row of `places` draws. `history` is ascending and has to stay alive.
  void reset(std::int32_t positive, std::span<const std::int32_t> history, index places) {
    positive_ = positive;
    history_ = history;
    drawn_.clear();
    // 32 bits an entry: one item in 32 has to be looked up. As many bits as items: the filter is exact.
    const std::size_t entries = history.size() + static_cast<std::size_t>(places) + 1;
    const std::size_t enough = 32 * (entries < num_items_ ? entries : num_items_);
    const std::size_t bits = std::bit_ceil(enough < num_items_ ? enough : num_items_);
    bits_.assign(bits < 64 ? 1 : bits / 64, 0);
    mark(positive);
    for (const std::int32_t item : history) mark(item);
  }

  bool contains(std::int32_t item) const {
    const std::size_t at = static_cast<std::size_t>(item);
    return (bits_[at / 64 & (bits_.size() - 1)] >> at % 64 & 1) != 0 && is_member(item);
  }

  void add(std::int32_t item) {
    drawn_.push_back(item);
    mark(item);
  }

 private:
  void mark(std::int32_t item) {
    const std::size_t at = static_cast<std::size_t>(item);
    bits_[at / 64 & (bits_.size() - 1)] |= std::uint64_t{1} << at % 64;
  }
  bool is_member(std::int32_t item) const {
    return item == positive_ || std::binary_search(history_.begin(), history_.end(), item) ||
           std::find(drawn_.begin(), drawn_.end(), item) != drawn_.end();
  }

  std::size_t num_items_;
  std::int32_t positive_ = 0;
  std::span<const std::int32_t> history_;
  std::vector<std::int32_t> drawn_;
  std::vector<std::uint64_t> bits_;  // item i owns bit i modulo their number, a power of two
};

}  // namespace prefopt::detail
