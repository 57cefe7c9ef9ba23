#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <prefopt/detail/heap_sort.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/detail/pool.hpp>
#include <prefopt/samplers/detail/ranked.hpp>
#include <prefopt/samplers/detail/scored_draw.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::samplers {

/// Negatives uniform over the hardest items but for the very hardest, which are often liked: P(i) = 1 / pool for the
/// ranks skip + 1 to skip + pool among the n allowed items (1 / (n - skip) where that is fewer).
struct skip_topk {
  index skip = 10;  ///< how many of the hardest items are left out
  index pool = 50;  ///< how many of the next ones are drawn from
  bool repeat =
      false;  ///< may an item come twice in a row? If not, every K-subset of the pool is equally likely
  double guard = detail::
      infinity;  ///< against false negatives: drops items that score more than this above the positive

  /// As `topk_uniform::draw`. A row whose candidates are all skipped is masked.
  template <detail::candidate_source Source>
  index draw(const Source& source, std::span<const std::int32_t> positives, const history_view& history,
             const draw_key& key, tensor_ref<std::int32_t> negatives, const executor& executor = {}) const {
    constexpr std::string_view where = "skip_topk::draw";
    check(where);
    const detail::scored_call call{where, positives, history, key, *negatives, executor, guard};
    const auto draw_row = [&](index b, const auto& best, const matrix_view<std::int32_t>& row) {
      std::vector<std::int32_t> items;
      const auto ranked = detail::by_rank(best);
      for (auto rank = static_cast<std::size_t>(skip); rank < ranked.size(); ++rank)
        items.push_back(ranked[rank].item);
      detail::heap_sort(std::span(items));
      return detail::draw_uniformly(call, b, items, source.num_items(), repeat, row);
    };
    const index most = source.num_items();
    const index count = skip < most && pool < most - skip ? skip + pool : most;
    return detail::draw_from_best(call, source, count, detail::score_ranking{}, draw_row);
  }

  /// Writes the law of one draw, [V]; as `hard_topk::law`.
  void law(std::span<const double> scores, std::int32_t positive, std::span<const std::int32_t> history,
           std::span<double> probability) const {
    constexpr std::string_view where = "skip_topk::law";
    check(where);
    const auto ranked = detail::rank_candidates(where, scores, positive, history, guard, probability);
    detail::write_uniform_law(ranked, skip, pool, probability);
  }

 private:
  void check(std::string_view where) const {
    detail::require(skip >= 0, where, "skip is ", skip, ", expected at least 0");
    detail::require_count(pool, where, "pool");
    detail::require_guard(guard, where);
  }
};

}  // namespace prefopt::samplers
