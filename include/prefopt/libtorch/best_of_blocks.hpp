#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <ATen/ATen.h>

#include <prefopt/libtorch/candidates.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// The best items of each row on any device: blocks of scores, and what is best so far.

namespace prefopt::libtorch {

/// The best items of each row, best first.
struct best_rows {
  at::Tensor scores;  ///< [B, k] float, −inf where there are no more
  at::Tensor items;   ///< [B, k] int64, `samplers::masked` (−1) there
};

namespace detail {

/// What rows must not hold, as places in a matrix of scores.
class excluded_places {
 public:
  /// \param positives [B], or empty
  /// \param history   lists, as `libtorch::history` has them
  excluded_places(std::span<const std::int32_t> positives, const samplers::history_view& history, index rows,
                  at::Device device) {
    std::vector<place> places;
    for (index b = 0; b < rows; ++b) {
      if (!positives.empty()) places.push_back({positives[static_cast<std::size_t>(b)], b});
      for (const std::int32_t item : history[b].list()) places.push_back({item, b});
    }
    std::sort(places.begin(), places.end(), [](const place& a, const place& b) { return a.item < b.item; });
    at::Tensor both = at::empty({2, static_cast<std::int64_t>(places.size())}, at::kLong);
    auto* const numbers = both.data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < places.size(); ++i) {
      items_.push_back(places[i].item);
      numbers[i] = places[i].item;
      numbers[places.size() + i] = places[i].row;
    }
    both_ = both.to(device);
  }

  /// Gives them the score −inf in the block of all rows whose first item this is.
  void mask(at::Tensor& scores, index first_item) const {
    const auto first = std::lower_bound(items_.begin(), items_.end(), first_item) - items_.begin(),
               last = std::lower_bound(items_.begin(), items_.end(), first_item + scores.size(1)) -
                      items_.begin();
    const at::Tensor some = both_.narrow(1, first, last - first);
    const at::Tensor places = some[1] * scores.size(1) + (some[0] - first_item);
    scores.view(-1).index_fill_(0, places, -std::numeric_limits<float>::infinity());
  }

 private:
  struct place {
    std::int32_t item;
    index row;
  };

  std::vector<index> items_;  // ascending
  at::Tensor both_;           // [2, n] items and rows
};

/// Scores and items as whole numbers that rank them, as the core does on the host: by score, equal ones by id, the smaller
/// first.
class rank_keys {
 public:
  /// Less than the key of any item.
  static constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();

  /// [B, n] scores of the items from `first_item` on; none is NaN.
  static at::Tensor of(const at::Tensor& scores, index first_item) {
    const at::Tensor ids =
        at::arange(first_item, first_item + scores.size(1), scores.options().dtype(at::kLong));
    return ordered((scores + 0.0f).view(at::kInt)).to(at::kLong) * (largest_id + 1) + (largest_id - ids);
  }
  static at::Tensor items(const at::Tensor& keys) { return largest_id - keys.bitwise_and(largest_id); }
  static at::Tensor scores(const at::Tensor& keys) {
    return ordered(keys.bitwise_right_shift(at::Scalar(32)).to(at::kInt)).view(at::kFloat);
  }

 private:
  static constexpr std::int64_t largest_id = 0xffffffff;
  /// The bits of floats as numbers of the same order, and back.
  static at::Tensor ordered(const at::Tensor& bits) {
    return at::where(bits < 0, bits.bitwise_xor(0x7fffffff), bits);
  }
};

/// \param ceilings     [B, 1] what an item may score at most; undefined: anything
/// \param block_scores how many scores are in memory at once, about
inline best_rows best_of_blocks(const scored_blocks& candidates, const excluded_places& excluded,
                                const at::Tensor& ceilings, index count, index block_scores) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr index least_items = 256;
  const index rows = candidates.rows(), all = candidates.num_items();
  const index width = std::max(least_items, block_scores / std::max<index>(1, rows));
  const auto longs = at::TensorOptions(at::kLong).device(candidates.device());
  at::Tensor best = at::full({rows, count}, rank_keys::lowest, longs);
  for (index first = 0; first < all; first += width) {
    const index items = std::min(width, all - first);
    at::Tensor scores = candidates.block(0, rows, first, items);
    const at::Tensor allowed = ceilings.defined() ? scores <= ceilings : scores <= infinity;  // NaN is not
    scores.masked_fill_(allowed.logical_not(), -infinity);
    excluded.mask(scores, first);
    best = std::get<0>(at::topk(at::cat({best, rank_keys::of(scores, first)}, 1), count, 1));
  }
  const at::Tensor scores = rank_keys::scores(best);
  const at::Tensor found = scores > -infinity;  // the scores of `lowest` are NaN
  return {scores.masked_fill(found.logical_not(), -infinity),
          rank_keys::items(best).masked_fill(found.logical_not(), samplers::masked)};
}

}  // namespace detail
}  // namespace prefopt::libtorch
