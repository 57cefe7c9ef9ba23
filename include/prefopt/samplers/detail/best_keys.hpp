#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include <prefopt/detail/transpose.hpp>
#include <prefopt/numeric/horizontal.hpp>
#include <prefopt/numeric/pack.hpp>

namespace prefopt::detail {

/// The items of the `count` largest keys among those that stream by, in ascending order of items; of equal keys
/// the earlier items. Keys are whole numbers.
///
/// Keys are kept until the memory is full; then a threshold is raised to where at least `count` of them lie above, and
/// little more. What comes later has to lie above it, too: the caller compares a whole pack at once.
/// Nothing is sorted, and a shrink costs O(memory).
template <class Key>
class best_keys {
 public:
  /// How many keys `count` best ones are chosen from, at least.
  static std::size_t memory_for(std::size_t count) { return 2 * count + 64; }

  /// Starts again. Keys up to `lowest` are left out. `memory` is more than `count`.
  void reset(std::size_t count, Key lowest, std::size_t memory) {
    count_ = count;
    size_ = 0;
    threshold_ = count > 0 ? lowest : std::numeric_limits<Key>::max();
    if (keys_.size() < memory) {
      keys_.resize(memory);
      items_.resize(memory);
    }
    memory_ = memory;
  }

  /// What a key has to exceed.
  Key threshold() const { return threshold_; }

  /// `key` exceeds the threshold; items ascend.
  void add(Key key, std::int32_t item) {
    if (size_ == memory_) {
      shrink(count_ + (memory_ - count_) / 4);
      if (key <= threshold_) return;
    }
    keys_[size_] = key;
    items_[size_++] = item;
  }

  /// Keeps the `count` best, or all if there are fewer.
  void settle() { shrink(count_); }

  std::span<const Key> keys() const { return std::span(keys_).first(size_); }
  std::span<const std::int32_t> items() const { return std::span(items_).first(size_); }

 private:
  using unsigned_key = std::make_unsigned_t<Key>;

  /// Bisects for a key that `count` to `most` others exceed. Where equal keys leave none, the first of them stay.
  void shrink(std::size_t most) {
    if (size_ <= most) return;
    Key low = keys_[0], high = keys_[0];
    for (std::size_t i = 1; i < size_; ++i) {
      low = keys_[i] < low ? keys_[i] : low;
      high = high < keys_[i] ? keys_[i] : high;
    }
    --low;  // all exceed it, and none exceeds `high`
    while (static_cast<unsigned_key>(high) - static_cast<unsigned_key>(low) > 1) {
      const unsigned_key half = (static_cast<unsigned_key>(high) - static_cast<unsigned_key>(low)) / 2;
      const Key middle = static_cast<Key>(static_cast<unsigned_key>(low) + half);
      const std::size_t above = exceeding(middle);
      if (above < count_) {
        high = middle;
      } else {
        low = middle;
        if (above <= most) return keep(low, 0);
      }
    }
    keep(high, count_ - exceeding(high));
  }

  std::size_t exceeding(Key key) const {
    using packed = native_pack<Key>;
    constexpr std::size_t lanes = static_cast<std::size_t>(lane_count<packed>);
    packed found(0);
    std::size_t i = 0;
    for (; i + lanes <= size_; i += lanes)
      found =
          found + select(load_pack<Key, lane_count<packed>>(&keys_[i]) > packed(key), packed(1), packed(0));
    auto count = static_cast<std::size_t>(horizontal_sum(found));
    for (; i < size_; ++i) count += keys_[i] > key;
    return count;
  }

  /// Keeps what exceeds `key`, and the first `ties` that equal it.
  void keep(Key key, std::size_t ties) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      const Key k = keys_[i];
      const bool tie = k == key && ties > 0;
      ties -= tie;
      keys_[kept] = k;
      items_[kept] = items_[i];
      kept += k > key || tie;
    }
    size_ = kept;
    threshold_ = key;
  }

  std::size_t count_ = 0, size_ = 0, memory_ = 0;
  Key threshold_ = 0;
  std::vector<Key> keys_;
  std::vector<std::int32_t> items_;
};

}  // namespace prefopt::detail
