#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <prefopt/samplers/item_set.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// The items that a row must not draw.

namespace prefopt::detail {

/// The positive, the history, and what the row has drawn so far. A bit filter says no to most other items;
/// only its few "perhaps" are looked up. Reused from row to row.
class exclusion {
 public:
  explicit exclusion(index num_items) : num_items_(static_cast<std::size_t>(num_items)) {}

  /// Starts a row of `places` draws. What `history` views has to stay alive.
  void reset(std::int32_t positive, const samplers::item_set& history, index places) {
    positive_ = positive;
    history_ = history;
    drawn_.clear();
    // 32 bits for each excluded item: one other item in 32 has to be looked up. A history of bits is its own filter.
    const auto listed = history.list();
    const std::size_t enough = 32 * (1 + listed.size() + static_cast<std::size_t>(places));
    is_exact_ = enough >= num_items_;
    const std::size_t bits = std::bit_ceil(is_exact_ ? num_items_ : enough);
    bits_.assign(bits < 64 ? 1 : bits / 64, 0);
    mark(positive);
    for (const std::int32_t item : listed) mark(item);
  }

  bool contains(std::int32_t item) const {
    const std::size_t at = static_cast<std::size_t>(item);
    if ((bits_[word_of(at)] >> at % 64 & 1) != 0 && (is_exact_ || is_member(item))) return true;
    return history_.has_bits() && history_.contains(item);
  }

  void add(std::int32_t item) {
    drawn_.push_back(item);
    mark(item);
  }

 private:
  /// Item i has bit i modulo their number, a power of two.
  std::size_t word_of(std::size_t item) const { return item / 64 & (bits_.size() - 1); }
  void mark(std::int32_t item) {
    const std::size_t at = static_cast<std::size_t>(item);
    bits_[word_of(at)] |= std::uint64_t{1} << at % 64;
  }
  bool is_member(std::int32_t item) const {
    if (item == positive_ || history_.contains(item)) return true;
    for (const std::int32_t drawn : drawn_)
      if (drawn == item) return true;
    return false;
  }

  std::size_t num_items_;
  std::int32_t positive_ = 0;
  samplers::item_set history_;
  std::vector<std::int32_t> drawn_;
  std::vector<std::uint64_t> bits_;
  bool is_exact_ = true;  // every item has a bit of its own
};

}  // namespace prefopt::detail
