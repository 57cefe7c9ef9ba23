#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include <prefopt/libtorch/best_of_blocks.hpp>
#include <prefopt/libtorch/draw_options.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/curriculum.hpp>
#include <prefopt/samplers/hard_topk.hpp>
#include <prefopt/samplers/self_play.hpp>
#include <prefopt/samplers/skip_topk.hpp>
#include <prefopt/samplers/topk_softmax.hpp>
#include <prefopt/samplers/topk_uniform.hpp>

/// \file
/// Samplers that look at no more than the best items of each row: those are found on the tensors' device, and drawn from on
/// the host.

namespace prefopt::libtorch::detail {

/// What a sampler looks at.
struct pool {
  index size;                              ///< how many of the best items of each row
  double guard;                            ///< how far they may score above the positive
  static constexpr index everything = -1;  ///< in place of a size: all of them
};

inline pool pool_of(const samplers::hard_topk& sampler, const draw_options& options) {
  return {options.count, sampler.guard};
}
inline pool pool_of(const samplers::topk_uniform& sampler, const draw_options&) {
  return {sampler.pool, sampler.guard};
}
inline pool pool_of(const samplers::topk_softmax& sampler, const draw_options&) {
  return {sampler.pool, sampler.guard};
}
inline pool pool_of(const samplers::skip_topk& sampler, const draw_options&) {
  const bool fits = sampler.skip < INT32_MAX && sampler.pool < INT32_MAX;
  return {fits ? sampler.skip + sampler.pool : INT32_MAX, sampler.guard};
}
inline pool pool_of(const samplers::self_play& sampler, const draw_options& options) {
  return {sampler.temperature > 0 ? pool::everything : options.count, sampler.guard};
}
template <class Sampler>
pool pool_of(const samplers::curriculum<Sampler>& sampler, const draw_options& options) {
  return pool_of(sampler.at(options.key.step), options);
}

/// A sampler that has a pool, at least with some settings.
template <class Sampler>
concept pooled_sampler = requires(const Sampler& sampler, const draw_options& options) {
  { pool_of(sampler, options) } -> std::same_as<pool>;
};

/// A candidate source for the core: what has been found already, positives and histories left out.
class found_items {
 public:
  /// \param positive_scores [B], or undefined where no sampler asks for them
  found_items(const best_rows& best, const at::Tensor& positive_scores, index num_items)
      : scores_(best.scores.to(at::kCPU).contiguous()),
        items_(best.items.to(at::kCPU).contiguous()),
        num_items_(num_items) {
    if (positive_scores.defined()) positive_scores_ = positive_scores.to(at::kCPU).contiguous();
  }

  index rows() const { return items_.size(0); }
  index num_items() const { return num_items_; }
  static constexpr std::string_view rows_name = "candidates";

  void search(index first, index rows, index count, float* scores, std::int64_t* items) const {
    const index size = items_.size(1), known = std::min(size, count);
    for (index b = 0; b < rows; ++b) {
      std::copy_n(scores_.data_ptr<float>() + (first + b) * size, known, scores + b * count);
      std::copy_n(items_.data_ptr<std::int64_t>() + (first + b) * size, known, items + b * count);
    }
  }
  /// Of the row's positive.
  float score(index row, std::int32_t) const { return positive_scores_.data_ptr<float>()[row]; }

 private:
  at::Tensor scores_, items_, positive_scores_;
  index num_items_;
};

/// Finds the pool of each row.
/// \param positives [B] on the host, checked
inline found_items find_pool(const scored_blocks& candidates, const at::Tensor& positives,
                             const samplers::history_view& history, const pool& asked, index block_scores) {
  at::Tensor scores, ceilings;
  if (asked.guard < prefopt::detail::infinity) {
    scores = candidates.of(positives.to(candidates.device(), at::kLong));
    ceilings = (scores.to(at::kDouble) + asked.guard).to(at::kFloat).unsqueeze(1);
  }
  const index size = std::clamp<index>(asked.size, 0, candidates.num_items());
  return {best_of_blocks(candidates, {see_ids(positives), history}, ceilings, size, block_scores), scores,
          candidates.num_items()};
}

}  // namespace prefopt::libtorch::detail
