#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <prefopt/samplers/detail/sorted.hpp>

namespace prefopt::samplers {

/// Items that somebody else holds: an ascending list of them, or a bit for each item of the catalogue.
class item_set {
 public:
  item_set() = default;
  /// items  ascending; repeats are harmless
  item_set(std::span<const std::int32_t> items) : items_(items) {}
  item_set(const std::vector<std::int32_t>& items) : items_(items) {}
  /// words  bit i mod 64 of word i / 64 is item i's; an item beyond the last word is not in the set
  static item_set of_bits(std::span<const std::uint64_t> words) {
    item_set result;
    result.words_ = words;
    return result;
  }

  /// The same list with a filter of it, as `history_filters` makes them.
  item_set filtered(std::span<const std::uint64_t> filter) const {
    item_set result = *this;
    result.filter_ = filter;
    return result;
  }

  bool contains(std::int32_t item) const {
    if (words_.empty()) return detail::is_among(items_, item);
    const auto at = static_cast<std::size_t>(item);
    return at / 64 < words_.size() && (words_[at / 64] >> at % 64 & 1) != 0;
  }

  /// The items of a list; none of a set of bits.
  std::span<const std::int32_t> list() const { return items_; }
  /// Empty if there is none.
  std::span<const std::uint64_t> filter() const { return filter_; }
  /// True if the set is one of bits.
  bool has_bits() const { return !words_.empty(); }
  /// The words of a set of bits.
  std::span<const std::uint64_t> bits() const { return words_; }

  /// How many items; those that repeat count each time. O(V / 64) for bits.
  std::size_t size() const {
    std::size_t count = items_.size();
    for (const std::uint64_t word : words_) count += static_cast<std::size_t>(std::popcount(word));
    return count;
  }

 private:
  std::span<const std::int32_t> items_;
  std::span<const std::uint64_t> words_;
  std::span<const std::uint64_t> filter_;
};

}  // namespace prefopt::samplers
