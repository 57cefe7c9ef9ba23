#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/detail/draw.hpp>
#include <prefopt/samplers/detail/ranked.hpp>
#include <prefopt/samplers/detail/scored_draw.hpp>
#include <prefopt/samplers/random_stream.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// Draws from a pool of items.

namespace prefopt::detail {

/// A pool no larger than the catalogue.
template <class Source>
index at_most_all(index pool, const Source& source) {
  return pool < source.num_items() ? pool : source.num_items();
}

/// Uniform over some items, ascending.
class pool_law {
 public:
  pool_law(std::span<const std::int32_t> items, index num_items)
      : items_(items), num_items_(num_items), place_(static_cast<std::uint32_t>(items.size())) {}

  index num_items() const { return num_items_; }
  std::size_t words_per_proposal() const { return 1; }
  void propose(std::span<const std::uint32_t> words, std::int32_t* items) const {
    for (std::size_t i = 0; i < words.size(); ++i)
      items[i] = place_.accepts(words[i]) ? items_[place_(words[i])] : samplers::masked;
  }
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const std::int32_t item : items_) visit(item, 1.0);
  }

 private:
  std::span<const std::int32_t> items_;
  index num_items_;
  samplers::bounded_integer place_;
};

/// Draws row b from the pool `items`, of which all are allowed; returns how many places had to be masked.
inline index draw_uniformly(const scored_call& call, index b, std::span<const std::int32_t> items,
                            index num_items, bool repeat, const matrix_view<std::int32_t>& row) {
  if (items.empty()) return mask_from(0, row);
  exclusion excluded(num_items);
  excluded.reset(call.positive(b), {}, repeat ? 0 : row.columns);
  row_streams random(call.key, call.example(b));
  return mask_from(draw_places(pool_law(items, num_items), repeat, excluded, random, row), row);
}

/// Draws row b from the pool of `best` in proportion to e^(score / T), successively and without repetition: the largest
/// sums of log-weight and noise, largest first.
inline index draw_by_weight(const scored_call& call, index b, const best_keys<score_key>& best, double rate,
                            const matrix_view<std::int32_t>& row) {
  const item_noise noise(call.key, call.example(b));
  std::vector<ranked_item<noise_key>> items;
  items.reserve(best.items().size());
  for (std::size_t i = 0; i < best.items().size(); ++i)
    items.push_back({log_weight(score_from(best.keys()[i]), rate) + noise(best.items()[i]), best.items()[i]});
  sort_by_rank(items);
  index place = 0;
  for (; place < row.columns && place < static_cast<index>(items.size()); ++place)
    row(0, place) = items[static_cast<std::size_t>(place)].item;
  return mask_from(place, row);
}

/// 1 / n for the n items of ranks skip + 1 to skip + pool.
inline void write_uniform_law(std::span<const ranked_item<double>> ranked, index skip, index pool,
                              std::span<double> probability) {
  const auto all = static_cast<index>(ranked.size()), left = skip < all ? all - skip : 0;
  const index count = pool < left ? pool : left;
  for (index i = 0; i < count; ++i)
    at(probability, ranked[static_cast<std::size_t>(skip + i)].item) = 1 / static_cast<double>(count);
}

/// e^(score / T) / Σ over the first `pool` items. +inf takes all, in equal parts.
inline void write_softmax_law(std::span<const ranked_item<double>> ranked, index pool, double temperature,
                              std::span<double> probability) {
  const std::size_t all = ranked.size();
  const std::size_t count = static_cast<std::size_t>(pool) < all ? static_cast<std::size_t>(pool) : all;
  const auto weight = [&](std::size_t i) {
    return ranked[i].key == ranked[0].key ? 1.0 : prefopt::exp((ranked[i].key - ranked[0].key) / temperature);
  };
  double sum = 0;
  for (std::size_t i = count; i-- > 0;) sum += weight(i);  // small ones first
  for (std::size_t i = 0; i < count; ++i) at(probability, ranked[i].item) = weight(i) / sum;
}

}  // namespace prefopt::detail
