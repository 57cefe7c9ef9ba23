#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <prefopt/detail/candidates/memory.hpp>
#include <prefopt/detail/candidates/rows.hpp>
#include <prefopt/detail/whole_packs.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::detail {

/// The unmasked candidates by item, those of one item in the order of the batch: a radix sort, so that the cost
/// is that of a few walks over the ids. Left in `memory.places`.
template <class Scalar>
void sort_by_item(const matrix_view<const std::int32_t>& ids, index items, candidate_memory<Scalar>& memory) {
  constexpr int digit = 11;
  memory.places.clear();
  for (index b = 0; b < ids.rows; ++b)
    for (index k = 0; k < ids.columns; ++k)
      if (ids(b, k) >= 0)
        memory.places.push_back({ids(b, k), static_cast<std::int32_t>(b * ids.columns + k)});
  memory.sorted.resize(memory.places.size());
  for (int shift = 0; ((items - 1) >> shift) > 0; shift += digit) {
    std::size_t starts[(1 << digit) + 1] = {};
    const auto bucket = [&](const item_place& one) {
      return static_cast<std::size_t>((one.item >> shift) & ((1 << digit) - 1));
    };
    for (const item_place& one : memory.places) ++starts[bucket(one) + 1];
    for (int i = 0; i < (1 << digit); ++i) starts[i + 1] += starts[i];
    for (const item_place& one : memory.places) memory.sorted[starts[bucket(one)]++] = one;
    memory.places.swap(memory.sorted);
  }
}

/// Writes, for each item of `memory.places`, its number and the sum of slope · query over its places. Returns how
/// many items there are.
template <class T>
index store_item_rows(const matrix_view<const scalar_t<T>>& queries, index candidates,
                      const matrix_view<scalar_t<T>>& rows, const matrix_view<std::int32_t>& items,
                      candidate_memory<scalar_t<T>>& memory) {
  const index width = queries.columns, query_packs = whole_packs<T>(queries),
              row_packs = whole_packs<T>(rows);
  const row_store how = choose_row_store<T>(rows, false);
  index count = 0;
  for (auto next = memory.places.begin(); next != memory.places.end(); ++count) {
    const std::int32_t item = next->item;
    const auto more = [&] { return next != memory.places.end() && next->item == item; };
    scalar_t<T>* const sums = memory.sum.take(width, 0);
    const auto add_some = [&] {
      constexpr int most = 64, ahead = 16;
      for (int i = 0; i < most && more(); ++i, ++next) {
        if (memory.places.end() - next > ahead) __builtin_prefetch(memory.slopes.data() + next[ahead].place);
        add_row<T>(memory.slopes.data()[next->place], queries, next->place / candidates, query_packs, sums);
      }
    };
    add_some();
    if (more()) {  // an item that everybody draws keeps its digits: some are summed at a time, and those in double
      double* const totals = memory.long_sum.take(width, 0);
      const auto put_aside = [&] {
        for (index k = 0; k < width; ++k) totals[k] += static_cast<double>(sums[k]), sums[k] = 0;
      };
      put_aside();
      for (; more(); put_aside()) add_some();
      for (index k = 0; k < width; ++k) sums[k] = static_cast<scalar_t<T>>(totals[k]);
    }
    items(count, 0) = item;
    store_scaled<T>(1, sums, rows, count, row_packs, how);
  }
  end_stream();
  return count;
}

}  // namespace prefopt::detail
