#pragma once

#include <cstddef>
#include <cstdint>

#include <prefopt/host_device.hpp>
#include <prefopt/samplers/alias_table.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/philox.hpp>
#include <prefopt/samplers/random_stream.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// One row of negatives by one thread, without memory of its own: what a kernel does, and our tests do on the host. The
/// draws are those of `prefopt/samplers/detail/draw.hpp`, word for word: proposals first, and where they are refused too
/// often, the law of all that is left.

namespace prefopt::cuda {

/// The words of an example one after the other, as `samplers::random_stream` has them.
class word_stream {
 public:
  PREFOPT_ANYWHERE word_stream(const samplers::draw_key& key, std::uint64_t example,
                               std::uint32_t first_block)
      : key_{low(key.seed), high(key.seed)},
        counter_{low(example), low(key.step), high(example) | high(key.step) << 16},
        next_block_(first_block) {}

  PREFOPT_ANYWHERE std::uint32_t next() {
    if (left_ == 0) {
      words_[0] = next_block_++;
      for (int i = 0; i < 3; ++i) words_[i + 1] = counter_[i];
      samplers::philox(words_, key_[0], key_[1]);
      left_ = 4;
    }
    return words_[4 - left_--];
  }
  /// Uniform on [0, 1): the top 53 bits of two words.
  PREFOPT_ANYWHERE double next_real() {
    const std::uint64_t first = next(), second = next();
    return static_cast<double>((first << 32 | second) >> 11) * 0x1p-53;
  }

 private:
  static PREFOPT_HOST_DEVICE std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
  static PREFOPT_HOST_DEVICE std::uint32_t high(std::uint64_t x) {
    return static_cast<std::uint32_t>(x >> 32);
  }

  std::uint32_t key_[2];
  std::uint32_t counter_[3];  // its words 1 to 3
  std::uint32_t next_block_;  // and word 0
  std::uint32_t words_[4];
  int left_ = 0;
};

/// `samplers::uniform`'s law.
struct uniform_items {
  index num_items;
  samplers::bounded_integer number;

  PREFOPT_ANYWHERE double weight(std::int32_t) const { return 1; }
  /// An item, or `masked` where the word does not count.
  PREFOPT_ANYWHERE std::int32_t propose(word_stream& random) const {
    const std::uint32_t word = random.next();
    return number.accepts(word) ? static_cast<std::int32_t>(number(word)) : samplers::masked;
  }
};

/// `samplers::popularity`'s law, its tables where the thread can read them.
struct popular_items {
  index num_items;
  samplers::bounded_integer column;
  const samplers::alias_table::entry* entries;  ///< [V]
  const double* weights;                        ///< [V]

  PREFOPT_ANYWHERE double weight(std::int32_t item) const { return weights[item]; }
  PREFOPT_ANYWHERE std::int32_t propose(word_stream& random) const {
    const std::uint32_t first = random.next(), drawn = column(first);
    if (num_items <= static_cast<index>(samplers::alias_table::most_items_a_word))
      return entries[drawn].item(drawn, first * static_cast<std::uint32_t>(num_items));
    const std::uint32_t second = random.next();
    return column.accepts(first) ? entries[drawn].item(drawn, second) : samplers::masked;
  }
};

/// Lists of items in one array (compressed rows): list u is items[offsets[u]] to items[offsets[u + 1] − 1], which ascend.
/// Example b must not draw what is in its list. Without offsets nobody has a history.
struct history_rows {
  const index* offsets = nullptr;       ///< [U + 1]
  const std::int32_t* items = nullptr;  ///< ascending, list by list
  const std::int32_t* lists = nullptr;  ///< [B], which list is example b's; null: list b
};

namespace detail {

/// What a row must not draw: its positive, its history, and the places it has filled.
struct excluded_items {
  std::int32_t positive;
  const std::int32_t* history;
  index history_size;
  std::int32_t* row;  ///< its places, `stride` apart
  index stride;

  PREFOPT_ANYWHERE bool in_history(std::int32_t item) const {
    index low = 0, high = history_size;
    while (low < high) {
      const index middle = low + (high - low) / 2;
      if (history[middle] < item)
        low = middle + 1;
      else
        high = middle;
    }
    return low < history_size && history[low] == item;
  }
  PREFOPT_ANYWHERE bool drawn(std::int32_t item, index first, index last) const {
    for (index place = first; place < last; ++place)
      if (row[place * stride] == item) return true;
    return false;
  }
  PREFOPT_ANYWHERE bool contains(std::int32_t item, index places) const {
    return item == positive || drawn(item, 0, places) || in_history(item);
  }
};

/// `prefopt::detail::weight_tree` over the items that were allowed when `first_place` was drawn, without its memory: each
/// sum is added up anew, in the tree's order. O(V) a draw, for the few rows that come here.
template <class Law>
class remaining_items {
 public:
  /// \param counted how many of the row's places were excluded from the start
  PREFOPT_HOST_DEVICE remaining_items(const Law& law, const excluded_items& excluded, index counted,
                                      index first_place)
      : law_(law), excluded_(excluded), counted_(counted), first_place_(first_place) {
    index leaves = 0;
    for (std::int32_t item = 0; item < law.num_items; ++item) leaves += is_leaf(item);
    while (width_ < leaves) width_ *= 2;
  }

  /// The item at `share` of what is left, when the places before `place` are filled; `masked` if nothing is.
  PREFOPT_HOST_DEVICE std::int32_t find(double share, index place, bool repeat) const {
    const index removed = repeat ? first_place_ : place;
    const double total = sum(0, width_, removed);
    if (!(total > 0)) return samplers::masked;
    double left_over = share * total;
    index first = 0;
    for (index half = width_ / 2; half > 0; half /= 2) {
      const double left = sum(first, half, removed), right = sum(first + half, half, removed);
      if (!(right > 0 && left_over >= left)) continue;
      left_over -= left;
      first += half;
    }
    return leaf(first);
  }

 private:
  PREFOPT_HOST_DEVICE bool is_leaf(std::int32_t item) const {
    return law_.weight(item) > 0 && !excluded_.contains(item, counted_);
  }
  PREFOPT_HOST_DEVICE std::int32_t leaf(index number) const {
    std::int32_t item = 0;
    for (;; ++item)
      if (is_leaf(item) && number-- == 0) return item;
  }
  /// Σ of the weights of `count` leaves (a power of two) from `first` on, pair by pair as in a tree: sums of 2^i leaves
  /// wait until there are two of them.
  PREFOPT_HOST_DEVICE double sum(index first, index count, index removed) const {
    double waiting[32];
    index number = 0;
    std::uint32_t done = 0;
    const auto add = [&](double x) {
      int level = 0;
      for (; (done >> level & 1) != 0; ++level) x = waiting[level] + x;
      waiting[level] = x;
      ++done;
    };
    for (std::int32_t item = 0; item < law_.num_items && number < first + count; ++item) {
      if (!is_leaf(item)) continue;
      if (number++ < first) continue;
      add(excluded_.drawn(item, first_place_, removed) ? 0.0 : law_.weight(item));
    }
    while (done < static_cast<std::uint32_t>(count)) add(0);
    int level = 0;
    while ((count >> level & 1) == 0) ++level;
    return waiting[level];
  }

  const Law& law_;
  const excluded_items& excluded_;
  index counted_, first_place_;
  index width_ = 1;
};

}  // namespace detail

/// Draws the K negatives of one example, `stride` apart; returns how many places had to be masked.
template <class Law>
PREFOPT_HOST_DEVICE index draw_row(const Law& law, bool repeat, std::int32_t positive,
                                   const history_rows& history, index b, const samplers::draw_key& key,
                                   std::int32_t* row, index places, index stride) {
  constexpr int most_refusals = 256;  // as `prefopt::detail::most_refusals`, whose header is the host's alone
  constexpr std::uint32_t exact_words = std::uint32_t{1} << 31;
  const std::uint64_t example = key.first_example + static_cast<std::uint64_t>(b);
  const bool listed = history.offsets != nullptr;
  const index list = history.lists != nullptr ? history.lists[b] : b;
  const index first_item = listed ? history.offsets[list] : 0;
  const detail::excluded_items excluded{positive, history.items + first_item,
                                        listed ? history.offsets[list + 1] - first_item : 0, row, stride};
  word_stream proposals(key, example, 0);
  index place = 0;
  for (int refusals = 0; place < places && refusals < most_refusals;) {
    const std::int32_t item = law.propose(proposals);
    if (item == samplers::masked || excluded.contains(item, repeat ? 0 : place)) {
      ++refusals;
    } else {
      row[place++ * stride] = item;
      refusals = 0;
    }
  }
  if (place == places) return 0;
  const detail::remaining_items<Law> left(law, excluded, repeat ? 0 : place, place);
  word_stream exact(key, example, exact_words);
  for (; place < places; ++place) {
    const std::int32_t item = left.find(exact.next_real(), place, repeat);
    if (item == samplers::masked) break;
    row[place * stride] = item;
  }
  for (index last = place; last < places; ++last) row[last * stride] = samplers::masked;
  return places - place;
}

}  // namespace prefopt::cuda
