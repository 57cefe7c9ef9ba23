#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include <prefopt/detail/lane_bits.hpp>
#include <prefopt/detail/transpose.hpp>
#include <prefopt/numeric/horizontal.hpp>
#include <prefopt/numeric/pack.hpp>

namespace prefopt::detail {

/// How many of the keys exceed `key`.
template <class Key>
std::size_t count_exceeding(std::span<const Key> keys, Key key) {
  using packed = native_pack<Key>;
  constexpr int lanes = lane_count<packed>;
  packed found(0);
  std::size_t i = 0;
  for (; i + lanes <= keys.size(); i += lanes)
    found = found + select(load_pack<Key, lanes>(&keys[i]) > packed(key), packed(1), packed(0));
  auto count = static_cast<std::size_t>(horizontal_sum(found));
  for (; i < keys.size(); ++i) count += keys[i] > key;
  return count;
}

/// The items of the `count` largest keys among those that stream by, in ascending order of items; of equal keys
/// the earlier items. Keys are whole numbers. Items that are excluded do not count.
///
/// Keys are kept until the memory is full; then those whose items are excluded go, and a threshold is raised to where at
/// least `count` of the others lie above, and little more. What comes later has to lie above it, too: the caller compares
/// a whole pack at once. Nothing is sorted, and a shrink costs O(memory).
///
/// `excluded.contains(item)` is asked late, and only about items whose keys were good enough; before it
/// `excluded.suspects(items)`, where there is one.
template <class Key>
class best_keys {
 public:
  using packed = native_pack<Key>;
  static constexpr int lanes = lane_count<packed>;

  /// From how many keys the `count` best ones are chosen.
  static std::size_t memory_for(std::size_t count) { return count + count / 2 + 64; }

  /// Starts again. Keys up to `lowest` are left out. `memory` is more than `count`.
  void reset(std::size_t count, Key lowest, std::size_t memory) {
    count_ = count;
    size_ = allowed_ = 0;
    threshold_ = count > 0 ? lowest : std::numeric_limits<Key>::max();
    memory_ = memory;
    constexpr std::size_t slack = static_cast<std::size_t>(lanes);
    if (keys_.size() < memory + slack) {
      keys_.resize(memory + slack);
      items_.resize(memory + slack);
    }
  }

  /// What a key has to exceed.
  Key threshold() const { return threshold_; }

  /// `key` exceeds the threshold; items ascend from call to call.
  template <class Exclusion>
  void add(Key key, std::int32_t item, const Exclusion& excluded) {
    if (size_ >= memory_) {
      make_room(excluded);
      if (key <= threshold_) return;
    }
    keys_[size_] = key;
    items_[size_++] = item;
  }

  /// The lanes that have a bit; their items are `item` and those after it.
  template <class Exclusion>
  void add_lanes(packed keys, std::int32_t item, unsigned bits, const Exclusion& excluded)
    requires(sizeof(Key) == sizeof(std::int32_t))
  {
    if (size_ >= memory_) {
      make_room(excluded);
      bits &= lane_bits(keys > packed(threshold_));
    }
    compress_lanes(keys, bits, &keys_[size_]);
    compress_lanes(packed(item) + load_pack<Key, lanes>(lane_numbers), bits, &items_[size_]);
    size_ += static_cast<std::size_t>(std::popcount(bits));
  }

  /// Keeps the `count` best, or all if there are fewer.
  template <class Exclusion>
  void settle(const Exclusion& excluded) {
    remove(excluded);
    shrink(count_);
  }

  std::span<const Key> keys() const { return std::span(keys_).first(size_); }
  std::span<const std::int32_t> items() const { return std::span(items_).first(size_); }

 private:
  using unsigned_key = std::make_unsigned_t<Key>;
  using item_pack = native_pack<std::int32_t>;
  static constexpr std::size_t item_lanes = lane_count<item_pack>;
  static constexpr std::int32_t lane_numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  static_assert(lanes <= 16);

  template <class Exclusion>
  void make_room(const Exclusion& excluded) {
    remove(excluded);
    shrink(count_ + (memory_ - count_) / 4);
  }

  template <class Exclusion>
  void remove(const Exclusion& excluded) {
    std::size_t kept = allowed_;
    for (std::size_t i = allowed_; i < size_;) {
      // Hardly a pack has an item that might go.
      if constexpr (requires { excluded.suspects(item_pack()); })
        if (kept == i && i + item_lanes <= size_ &&
            excluded.suspects(load_pack<std::int32_t, item_lanes>(&items_[i])) == 0) {
          kept = i += item_lanes;
          continue;
        }
      const std::int32_t item = items_[i];
      keys_[kept] = keys_[i++];
      items_[kept] = item;
      kept += excluded.contains(item) ? 0 : 1;
    }
    size_ = allowed_ = kept;
  }

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
      const std::size_t above = count_exceeding(keys(), middle);
      if (above < count_) {
        high = middle;
      } else {
        low = middle;
        if (above <= most) return keep(low, 0);
      }
    }
    keep(high, count_ - count_exceeding(keys(), high));
  }

  /// Keeps what exceeds `key`, and the first `ties` that equal it.
  void keep(Key key, std::size_t ties) {
    std::size_t kept = 0, i = 0;
    if constexpr (sizeof(Key) == sizeof(std::int32_t))
      for (; ties == 0 && i + item_lanes <= size_; i += item_lanes) {
        const auto some = load_pack<Key, lanes>(&keys_[i]);
        const auto their_items = load_pack<std::int32_t, lanes>(&items_[i]);
        const unsigned above = lane_bits(some > packed(key));
        compress_lanes(some, above, &keys_[kept]);
        compress_lanes(their_items, above, &items_[kept]);
        kept += static_cast<std::size_t>(std::popcount(above));
      }
    for (; i < size_; ++i) {
      const Key k = keys_[i];
      const bool tie = k == key && ties > 0;
      ties -= tie;
      keys_[kept] = k;
      items_[kept] = items_[i];
      kept += k > key || tie;
    }
    size_ = allowed_ = kept;
    threshold_ = key;
  }

  std::size_t count_ = 0, size_ = 0, memory_ = 0;
  std::size_t allowed_ = 0;  // so many at the front are known not to be excluded
  Key threshold_ = 0;
  std::vector<Key> keys_;
  std::vector<std::int32_t> items_;
};

}  // namespace prefopt::detail
