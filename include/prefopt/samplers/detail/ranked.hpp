#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <prefopt/detail/heap_sort.hpp>
#include <prefopt/error.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/detail/best_keys.hpp>
#include <prefopt/samplers/detail/draw.hpp>
#include <prefopt/samplers/detail/exclusion.hpp>
#include <prefopt/samplers/detail/sorted.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::detail {

template <class Key>
struct ranked_item {
  Key key;
  std::int32_t item;

  /// Larger keys first, of equal keys the smaller item.
  friend bool operator<(const ranked_item& a, const ranked_item& b) {
    return a.key > b.key || (a.key == b.key && a.item < b.item);
  }
};

template <class Key>
void sort_by_rank(std::vector<ranked_item<Key>>& items) {
  heap_sort(std::span(items));
}

/// Of a few keys, each counts those above it: no comparison depends on the one before. Items ascend, so equal keys go to
/// the places after each other.
template <class Key>
void rank_by_counting(std::span<const Key> keys, std::span<const std::int32_t> items,
                      std::span<ranked_item<Key>> ranked) {
  constexpr std::size_t multiple = 16;
  std::vector<Key> padded(keys.begin(), keys.end());
  padded.resize((keys.size() + multiple - 1) / multiple * multiple, std::numeric_limits<Key>::min());
  for (ranked_item<Key>& one : ranked) one.item = samplers::masked;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    std::size_t place = count_exceeding(std::span<const Key>(padded), keys[i]);
    while (ranked[place].item != samplers::masked) ++place;
    ranked[place] = {keys[i], items[i]};
  }
}

/// What has been collected of a row, best first.
template <class Key>
std::vector<ranked_item<Key>> by_rank(const best_keys<Key>& best) {
  const auto keys = best.keys();
  const auto items = best.items();
  std::vector<ranked_item<Key>> ranked(keys.size());
  constexpr std::size_t few = 2048;
  if (keys.size() <= few) {
    rank_by_counting<Key>(keys, items, ranked);
  } else {
    for (std::size_t i = 0; i < keys.size(); ++i) ranked[i] = {keys[i], items[i]};
    sort_by_rank(ranked);
  }
  return ranked;
}

/// The candidates of one example for a law, best first: what is neither the positive, nor in the history, nor scores
/// −inf or NaN, nor more than `guard` above the positive. Sets every probability to 0.
inline std::vector<ranked_item<double>> rank_candidates(std::string_view where,
                                                        std::span<const double> scores, std::int32_t positive,
                                                        std::span<const std::int32_t> history, double guard,
                                                        std::span<double> probability) {
  const auto num_items = static_cast<index>(scores.size());
  checked_size(num_items, where, "the size of scores");
  exclusion excluded(num_items);
  start_law(where, num_items, positive, history, excluded, probability);
  const double ceiling =
      guard < detail::infinity ? scores[static_cast<std::size_t>(positive)] + guard : detail::infinity;
  std::vector<ranked_item<double>> items;
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (const auto item = static_cast<std::int32_t>(i);
        scores[i] > -detail::infinity && scores[i] <= ceiling && !excluded.contains(item))
      items.push_back({scores[i], item});
  sort_by_rank(items);
  return items;
}

inline double& at(std::span<double> probability, std::int32_t item) {
  return probability[static_cast<std::size_t>(item)];
}

}  // namespace prefopt::detail
