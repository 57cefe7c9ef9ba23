#pragma once

#include <algorithm>
#include <cmath>
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

/// Who must not hold what.
struct exclusions {
  std::span<const std::int32_t> positives;  ///< [B], or empty
  samplers::history_view history;           ///< lists, as `libtorch::history` has them
};

/// What some rows must not hold, as places in a matrix of scores.
class excluded_places {
 public:
  excluded_places(const exclusions& excluded, index first_row, index rows, at::Device device) {
    std::vector<place> places;
    for (index b = 0; b < rows; ++b) {
      const index example = first_row + b;
      if (!excluded.positives.empty())
        places.push_back({excluded.positives[static_cast<std::size_t>(example)], b});
      for (const std::int32_t item : excluded.history[example].list()) places.push_back({item, b});
    }
    std::sort(places.begin(), places.end(), [](const place& a, const place& b) { return a.item < b.item; });
    const at::Tensor both = at::empty({2, static_cast<std::int64_t>(places.size())}, at::kLong);
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

/// How the search of a batch is cut into pieces, of which one is in memory at a time.
struct block_size {
  index rows, items;

  /// About as many scores as are wished for: many rows wait for few blocks of items.
  block_size(index scores, index all_rows)
      : rows(std::clamp<index>(static_cast<index>(std::sqrt(static_cast<double>(scores))), 1,
                               std::max<index>(1, all_rows))),
        items(std::max<index>(1, scores / rows)) {}
};

/// The keys of the best items of some rows, best first; `rank_keys::lowest` where there are no more.
/// \param ceilings [B, 1] what an item may score at most; undefined: anything
inline at::Tensor best_keys_of_rows(const scored_blocks& candidates, const exclusions& excluded,
                                    const at::Tensor& ceilings, index first_row, index rows, index width,
                                    index count) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const excluded_places places(excluded, first_row, rows, candidates.device());
  at::Tensor best =
      at::full({rows, count}, rank_keys::lowest, at::TensorOptions(at::kLong).device(candidates.device()));
  for (index first = 0; first < candidates.num_items(); first += width) {
    at::Tensor scores =
        candidates.block(first_row, rows, first, std::min(width, candidates.num_items() - first));
    const at::Tensor allowed =  // NaN never is
        ceilings.defined() ? scores <= ceilings.narrow(0, first_row, rows) : scores <= infinity;
    scores.masked_fill_(allowed.logical_not(), -infinity);
    places.mask(scores, first);
    best = std::get<0>(at::topk(at::cat({best, rank_keys::of(scores, first)}, 1), count, 1));
  }
  return best;
}

/// \param block_scores how many scores are in memory at once, about
inline best_rows best_of_blocks(const scored_blocks& candidates, const exclusions& excluded,
                                const at::Tensor& ceilings, index count, index block_scores) {
  const block_size size(block_scores, candidates.rows());
  std::vector<at::Tensor> parts;
  index first = 0;
  do {  // once at least: no rows have best items of the same type and device
    const index rows = std::min(size.rows, candidates.rows() - first);
    parts.push_back(best_keys_of_rows(candidates, excluded, ceilings, first, rows, size.items, count));
    first += rows;
  } while (first < candidates.rows());
  const at::Tensor best = at::cat(parts), scores = rank_keys::scores(best);
  const at::Tensor missing = (scores > -std::numeric_limits<float>::infinity()).logical_not();  // or NaN
  return {scores.masked_fill(missing, -std::numeric_limits<float>::infinity()),
          rank_keys::items(best).masked_fill(missing, samplers::masked)};
}

}  // namespace detail
}  // namespace prefopt::libtorch
