#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <prefopt/detail/heap_sort.hpp>
#include <prefopt/samplers/detail/candidate_source.hpp>
#include <prefopt/samplers/detail/sorted.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::detail {

/// Fills a group of rows from an index: asks for more until every row has what it wants, or there is no more.
template <searched_source Source>
class group_search {
 public:
  template <class Group>
  void fill(const Source& source, index first, index rows, Group& group) {
    index most_excluded = 0;
    for (index b = 0; b < rows; ++b)
      most_excluded = group.excluded(b) < most_excluded ? most_excluded : group.excluded(b);
    const index all = source.num_items();
    for (index count = group.count() + most_excluded;; count *= 2) {
      if (count > all) count = all;
      ask(source, first, rows, count);
      bool enough = true;
      for (index b = 0; b < rows; ++b) {
        const index found = offer(b, count, all, group);
        enough = enough && (found < count || group.is_full(b));
      }
      if (enough || count == all) return;
    }
  }

 private:
  struct answer {
    std::int64_t item;
    float score;
  };

  void ask(const Source& source, index first, index rows, index count) {
    scores_.resize(static_cast<std::size_t>(rows * count));
    items_.assign(scores_.size(), -1);
    source.search(first, rows, count, scores_.data(), items_.data());
  }

  /// Offers what was found for row b, in ascending order of items; returns how many items that were.
  template <class Group>
  index offer(index b, index count, index num_items, Group& group) {
    answers_.clear();
    for (index i = b * count; i < (b + 1) * count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (items_[at] >= 0 && items_[at] < num_items) answers_.push_back({items_[at], scores_[at]});
    }
    heap_sort(std::span(answers_), [](const answer& a, const answer& other) { return a.item < other.item; });
    group.restart(b);
    std::int64_t last = -1;
    index found = 0;
    for (const answer& a : answers_) {
      if (a.item == last) continue;
      last = a.item;
      ++found;
      group.offer(b, static_cast<std::int32_t>(a.item), a.score);
    }
    return found;
  }

  std::vector<float> scores_;
  std::vector<std::int64_t> items_;
  std::vector<answer> answers_;
};

}  // namespace prefopt::detail
