#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <prefopt/detail/lane_bits.hpp>
#include <prefopt/detail/transpose.hpp>
#include <prefopt/numeric/pack.hpp>
#include <prefopt/samplers/detail/filter.hpp>
#include <prefopt/samplers/item_set.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// The items that a row must not draw.

namespace prefopt::detail {

/// Bits for what a history holds, none for a list that has no filter.
inline filter_view bits_of(const samplers::item_set& history) {
  static constexpr std::uint64_t nothing[8]{};
  if (history.has_bits()) return filter_view::of_set(history.bits());
  if (history.list().empty()) return filter_view::of_filter(nothing);
  return history.filter().empty() ? filter_view() : filter_view::of_filter(history.filter());
}

/// Copies up to 64 items. Bit i says that item i is masked (−1), the positive, or perhaps in the history.
template <class Filter>
[[gnu::always_inline]] inline std::uint64_t copy_suspects_by(const Filter& filter, std::int32_t positive,
                                                             std::span<const std::int32_t> items,
                                                             std::int32_t* to) {
  constexpr std::size_t lanes = lane_count<item_pack>;
  std::uint64_t found = 0;
  std::size_t i = 0;
  for (; i + lanes <= items.size(); i += lanes) {
    const auto block = load_pack<std::int32_t, lanes>(&items[i]);
    store_pack(block, to + i);
    found |= std::uint64_t{filter.held_lanes(block, positive)} << i;
  }
  if (i < items.size()) {
    std::int32_t rest[lanes]{};
    for (std::size_t j = i; j < items.size(); ++j) rest[j - i] = to[j] = items[j];
    const unsigned held = filter.held_lanes(load_pack<std::int32_t, lanes>(rest), positive);
    found |= std::uint64_t{held & ((1u << (items.size() - i)) - 1)} << i;
  }
  return found;
}
inline std::uint64_t copy_suspects(const filter_view& bits, std::int32_t positive,
                                   std::span<const std::int32_t> items, std::int32_t* to) {
#if defined(__AVX512F__) && !defined(__CUDACC__)
  if (short_filter::fits(bits)) return copy_suspects_by(short_filter(bits), positive, items, to);
#endif
  return copy_suspects_by(bits, positive, items, to);
}

/// True if one of the items that have a bit is masked, the positive or in the history.
inline bool refuses(const samplers::item_set& history, std::int32_t positive, const std::int32_t* items,
                    std::uint64_t suspects) {
  bool refused = false;
  for (; suspects != 0; suspects &= suspects - 1) {
    const std::int32_t item = items[std::countr_zero(suspects)];
    refused |= item < 0 || item == positive || history.contains(item);
  }
  return refused;
}

/// The positive, the history, and what the row has drawn so far. A bit filter says no to most other items;
/// only its few "perhaps" are looked up. Reused from row to row.
class exclusion {
 public:
  explicit exclusion(index num_items) : num_items_(static_cast<std::size_t>(num_items)) {}

  /// Starts a row of `places` draws, 0 if it does not matter what was drawn. What `history` views has to stay alive.
  /// A negative `positive` is none.
  void reset(std::int32_t positive, const samplers::item_set& history, index places) {
    positive_ = positive;
    history_ = history;
    drawn_.clear();
    shares_bits_ = places == 0 && share_bits();
    if (shares_bits_) return;
    copy_bits(static_cast<std::size_t>(places));
    if (positive >= 0) mark(positive);
  }

  [[gnu::always_inline]] bool contains(std::int32_t item) const {
    if (item == positive_) return true;
    if ((shares_bits_ ? shared_.holds(item) : own_bits().holds(item)) && (is_exact_ || is_member(item)))
      return true;
    return looks_up_history() && history_.contains(item);
  }

  /// Bit i says that lane i may be excluded, or has no item (a negative number).
  unsigned suspects(const item_pack& items) const {
    if (looks_up_history()) return all_lanes;
    return (shares_bits_ ? shared_ : own_bits()).held_lanes(items, positive_);
  }

  /// What `copy_allowed` did.
  struct copied {
    index count = 0;    ///< how many items
    index refused = 0;  ///< how many were refused after the last of them
  };
  /// Copies the items that are neither masked (−1) nor excluded. `to` has room for all.
  copied copy_allowed(std::span<const std::int32_t> items, std::int32_t* to) const {
    return shares_bits_ ? copy_not_held(shared_, items, to) : copy_not_held(own_bits(), items, to);
  }

  [[gnu::always_inline]] void add(std::int32_t item) {
    drawn_.push_back(item);
    mark(item);
  }

 private:
  static constexpr unsigned all_lanes = (1u << lane_count<item_pack>)-1;

  bool share_bits() {
    shared_ = bits_of(history_);
    is_exact_ = history_.has_bits();
    return shared_.exists();
  }
  /// Bits of our own, to which others can be added. A history of bits is its own filter.
  void copy_bits(std::size_t places) {
    if (const auto filter = history_.filter(); !filter.empty()) {
      is_exact_ = false;
      bits_.assign(filter.begin(), filter.end());
      shift_ = filter_shift(bits_.size());
      return;
    }
    const auto listed = history_.list();
    const std::size_t enough = 32 * (1 + listed.size() + places);
    is_exact_ = enough >= num_items_;
    const std::size_t bits = std::bit_ceil(is_exact_ ? num_items_ : enough);
    bits_.assign(bits < 64 ? 1 : bits / 64, 0);
    shift_ = is_exact_ ? 0 : filter_shift(bits_.size());
    const std::span words(bits_);  // a copy of where they are: the compiler fears that a mark changes that
    for (const int shift = shift_; const std::int32_t item : listed) detail::mark(words, item, shift);
  }
  filter_view own_bits() const {
    return is_exact_ ? filter_view::of_set(bits_) : filter_view::of_filter(bits_);
  }
  copied copy_not_held(const filter_view& filter, std::span<const std::int32_t> items,
                       std::int32_t* to) const {
#if defined(__AVX512F__) && !defined(__CUDACC__)
    if (short_filter::fits(filter)) return copy_by(short_filter(filter), items, to);
#endif
    return copy_by(filter, items, to);
  }
  template <class Filter>
  copied copy_by(const Filter& filter, std::span<const std::int32_t> items, std::int32_t* to) const {
    constexpr int lanes = lane_count<item_pack>;
    const bool looks_up = looks_up_history();
    copied result;
    std::size_t i = 0;
    for (; i + lanes <= items.size(); i += lanes) {
      const auto block = load_pack<std::int32_t, lanes>(&items[i]);
      unsigned refused = filter.held_lanes(block, positive_);
      if (looks_up) refused = all_lanes;
      if (refused != 0) [[unlikely]]
        refused = excluded_lanes(&items[i], refused);
      compress_lanes(block, refused ^ all_lanes, to + result.count);
      result.refused =
          refused == all_lanes ? result.refused + lanes : std::countl_one(refused << (32 - lanes));
      result.count += lanes - std::popcount(refused);
    }
    for (; i < items.size(); ++i) {
      const bool refused = items[i] < 0 || contains(items[i]);
      to[result.count] = items[i];
      result.count += !refused;
      result.refused = refused ? result.refused + 1 : 0;
    }
    return result;
  }

  void mark(std::int32_t item) { detail::mark(bits_, item, shift_); }
  /// If the history's bits are not among ours.
  bool looks_up_history() const { return history_.has_bits() && !shares_bits_; }
  [[gnu::noinline]] bool is_member(std::int32_t item) const {
    if (item == positive_ || history_.contains(item)) return true;
    for (const std::int32_t drawn : drawn_)
      if (drawn == item) return true;
    return false;
  }
  /// Which of these lanes hold no item that is allowed.
  [[gnu::noinline]] unsigned excluded_lanes(const std::int32_t* items, unsigned lanes) const {
    unsigned excluded = 0;
    for (; lanes != 0; lanes &= lanes - 1) {
      const int i = std::countr_zero(lanes);
      excluded |= static_cast<unsigned>(items[i] < 0 || contains(items[i])) << i;
    }
    return excluded;
  }

  std::size_t num_items_;
  std::int32_t positive_ = 0;
  samplers::item_set history_;
  std::vector<std::int32_t> drawn_;
  std::vector<std::uint64_t> bits_;
  int shift_ = 0;  // of our own bits
  filter_view shared_;
  bool shares_bits_ = false;  // others' instead of ours
  bool is_exact_ = true;      // every item has a bit of its own
};

}  // namespace prefopt::detail
