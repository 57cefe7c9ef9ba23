#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include <prefopt/detail/aligned_buffer.hpp>
#include <prefopt/detail/matrix_kernel.hpp>
#include <prefopt/detail/transpose.hpp>
#include <prefopt/error.hpp>
#include <prefopt/numeric/bfloat16.hpp>
#include <prefopt/numeric/horizontal.hpp>
#include <prefopt/samplers/detail/candidate_panel.hpp>
#include <prefopt/samplers/detail/candidate_source.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::samplers {

/// A candidate source: every item's score is the inner product of the query and the item, in float.
///
/// Items go by in panels that are multiplied with all queries of a group, and each row keeps its best ones: the
/// scores are never in memory, neither [B, V] nor [1, V]. The score of a query and an item is the same number, bit
/// by bit, wherever they stand in batch and catalogue.
/// `Component` is what the catalogue is made of: float, or `bfloat16`, which is read in half the time.
template <class Component>
class exact_scores {
 public:
  static_assert(std::is_same_v<Component, float> || std::is_same_v<Component, bfloat16>,
                "exact_scores reads catalogues of float and of prefopt::bfloat16");

  /// queries    [B, d], a row for each example
  /// catalogue  [V, d], V from 1 to 2^31 - 1
  /// Both are kept, not copied. Throws `invalid_argument` if shapes do not match.
  exact_scores(tensor_ref<const float> queries, tensor_ref<const Component> catalogue)
      : queries_(*queries), catalogue_(*catalogue) {
    constexpr std::string_view where = "exact_scores";
    detail::require(catalogue_.rows >= 1 && catalogue_.rows <= INT32_MAX, where, "catalogue is ",
                    detail::shape_text(catalogue_.rows, catalogue_.columns), ", expected 1 to 2^31 - 1 rows");
    detail::require(catalogue_.columns >= 1, where, "catalogue is ",
                    detail::shape_text(catalogue_.rows, catalogue_.columns),
                    ", expected at least one column");
    detail::require(queries_.columns == catalogue_.columns, where, "queries is ",
                    detail::shape_text(queries_.rows, queries_.columns), ", expected [B, ",
                    catalogue_.columns, "] (the catalogue's columns)");
  }

  index rows() const { return queries_.rows; }
  index num_items() const { return catalogue_.rows; }
  static constexpr std::string_view rows_name = "queries";

  /// What a scan works in; reused from scan to scan.
  struct memory {
    detail::aligned_buffer<float> queries, panel;
  };

  /// Hands the scores of the rows [first, first + count) to `sink`, packs of ascending items; NaN beyond the last.
  template <class Sink>
  void scan(index first, index count, Sink& sink, memory& memory) const {
    const matrix_view<const float> queries = load_queries(first, count, memory);
    detail::candidate_panel<packed, Component> panel(catalogue_, tile_columns,
                                                     memory.panel.take(tile_columns * catalogue_.columns));
    for (index item = 0; item < num_items(); item += tile_columns) {
      panel.load(item);
      scan_panel(queries, item, panel, sink);
    }
  }

  float score(index row, std::int32_t item) const {
    float sum = 0;
    packed sums(0);
    const float* const query = &queries_(row, 0);
    const Component* const components = &catalogue_(item, 0);
    const bool contiguous = queries_.column_stride == 1 && catalogue_.column_stride == 1;
    const index whole = contiguous ? catalogue_.columns / lanes * lanes : 0;
    for (index k = 0; k < whole; k += lanes)
      sums = multiply_add(detail::load_components<packed>(query + k),
                          detail::load_components<packed>(components + k), sums);
    for (index k = whole; k < catalogue_.columns; ++k)
      sum += queries_(row, k) * static_cast<float>(catalogue_(item, k));
    return sum + horizontal_sum(sums);
  }

 private:
  using packed = native_pack<float>;
  static constexpr int lanes = lane_count<packed>;
  static constexpr index tile_columns = detail::tile_packs * lanes;

  /// Contiguous, in whole tiles; the rows beyond the last query are 0.
  matrix_view<const float> load_queries(index first, index count, memory& memory) const {
    const index width = catalogue_.columns, padded = detail::round_up(count, detail::tile_rows);
    float* const numbers = memory.queries.take(padded * width);
    for (index b = 0; b < padded; ++b)
      for (index k = 0; k < width; ++k) numbers[b * width + k] = b < count ? queries_(first + b, k) : 0.0f;
    return {numbers, padded, width, width, 1};
  }

  template <class Sink>
  void scan_panel(const matrix_view<const float>& queries, index item,
                  const detail::candidate_panel<packed, Component>& panel, Sink& sink) const {
    const bool is_last = item + tile_columns > num_items();
    const index steps = queries.rows / detail::tile_rows;
    for (index step = 0; step < steps; ++step) {
      const index next = item + tile_columns;
      panel.prefetch(next + tile_columns * step / steps, next + tile_columns * (step + 1) / steps);
      packed scores[detail::tile_rows][detail::tile_packs];
      detail::sum_tile<packed, detail::tile_packs>(queries.block(step * detail::tile_rows, detail::tile_rows),
                                                   panel.view(), scores);
      if (is_last) [[unlikely]] {
        detail::unroll<detail::tile_rows>([&](auto i) {
          packed cut[detail::tile_packs];  // a copy: the scores themselves never leave their registers
          detail::unroll<detail::tile_packs>([&](auto j) { cut[j] = scores[i][j]; });
          clear_beyond(item, cut);
          sink(step * detail::tile_rows + i, item, cut);
        });
      } else {
        detail::unroll<detail::tile_rows>(
            [&](auto i) { sink(step * detail::tile_rows + i, item, scores[i]); });
      }
    }
  }

  [[gnu::noinline]] void clear_beyond(index item, packed (&row)[detail::tile_packs]) const {
    for (index i = 0; i < tile_columns; ++i)
      if (item + i >= num_items())
        set_lane(row[i / lanes], static_cast<int>(i % lanes), std::numeric_limits<float>::quiet_NaN());
  }

  matrix_view<const float> queries_;
  matrix_view<const Component> catalogue_;
};

template <class Queries, class Catalogue>
exact_scores(Queries&&, Catalogue&&) -> exact_scores<scalar_of<Catalogue>>;

}  // namespace prefopt::samplers
