#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <prefopt/samplers/detail/filter.hpp>
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
    if (const auto filter = history.filter(); !filter.empty()) {
      is_exact_ = false;
      bits_.assign(filter.begin(), filter.end());
      return mark(positive);
    }
    // A history of bits is its own filter.
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

  /// What `copy_allowed` did.
  struct copied {
    index count = 0;    ///< how many items
    index refused = 0;  ///< how many were refused after the last of them
  };
  /// Copies the items that are neither masked (−1) nor excluded. `to` has room for all.
  copied copy_allowed(std::span<const std::int32_t> items, std::int32_t* to) const {
    const std::uint64_t* const bits = bits_.data();
    const std::size_t last_word = bits_.size() - 1;
    const bool look_up = history_.has_bits();
    index count = 0, refused = 0;
    for (const std::int32_t item : items) {
      to[count] = item;
      const auto at = static_cast<std::uint32_t>(item);
      bool no = (bits[at / 64 & last_word] >> at % 64 & 1) != 0 || item < 0;
      if (no || look_up) [[unlikely]]
        no = item < 0 || contains(item);
      count += !no;
      refused = no ? refused + 1 : 0;
    }
    return {count, refused};
  }

  void add(std::int32_t item) {
    drawn_.push_back(item);
    mark(item);
  }

 private:
  /// Item i has bit i modulo their number, a power of two.
  std::size_t word_of(std::size_t item) const { return item / 64 & (bits_.size() - 1); }
  void mark(std::int32_t item) { detail::mark(bits_, item); }
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
