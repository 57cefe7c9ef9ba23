#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <utility>

#include <prefopt/error.hpp>
#include <prefopt/samplers/detail/candidate_source.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::samplers {

/// A candidate source: an index that the user already runs (faiss, hnswlib, a service). What it finds is what is drawn
/// from, so a pool is as exact as the index.
///
///     search(first, rows, count, scores, items)
///
/// writes for the examples [first, first + rows) about the `count` best items and their scores, [rows, count] each and
/// contiguous, in any order; −1 where there are no more. Tasks call it at the same time; it does not throw.
///
/// It is asked for as many items as a pool has, and as the positive and the history may take away; and for twice as many
/// where that was not enough.
template <class Search>
  requires std::invocable<const Search&, index, index, index, float*, std::int64_t*>
class search_index {
 public:
  /// rows       B, the number of examples
  /// num_items  V, 1 to 2^31 - 1
  /// search     as above; copied
  /// Throws `invalid_argument` if a number is out of range.
  search_index(index rows, index num_items, Search search)
      : rows_(rows), num_items_(num_items), search_(std::move(search)) {
    constexpr std::string_view where = "search_index";
    detail::require(rows >= 0, where, "rows is ", rows, ", expected at least 0");
    detail::require(num_items >= 1 && num_items <= INT32_MAX, where, "num_items is ", num_items,
                    ", expected 1 to 2^31 - 1");
  }

  index rows() const { return rows_; }
  index num_items() const { return num_items_; }
  static constexpr std::string_view rows_name = "the index";

  void search(index first, index rows, index count, float* scores, std::int64_t* items) const {
    search_(first, rows, count, scores, items);
  }

 private:
  index rows_, num_items_;
  Search search_;
};

}  // namespace prefopt::samplers
