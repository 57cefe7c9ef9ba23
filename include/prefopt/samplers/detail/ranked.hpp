#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <prefopt/detail/heap_sort.hpp>
#include <prefopt/error.hpp>
#include <prefopt/numeric/scalar.hpp>
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

/// What has been collected of a row, best first.
template <class Best>
auto by_rank(const Best& best) {
  using key = typename decltype(best.keys())::value_type;
  std::vector<ranked_item<key>> items;
  items.reserve(best.items().size());
  for (std::size_t i = 0; i < best.items().size(); ++i) items.push_back({best.keys()[i], best.items()[i]});
  sort_by_rank(items);
  return items;
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
