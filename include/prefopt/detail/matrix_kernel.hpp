#pragma once

#include <prefopt/detail/transpose.hpp>
#include <prefopt/numeric/pack.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// Products of matrices that lie in the nearest caches: the arithmetic of fused scoring, at nearly all that the
/// multiply-add units can do. The caller cuts its matrices into such blocks.

namespace prefopt::detail {

/// A tile of the result is held in registers: so many rows times so many packs. With 32 registers 16 sums hide
/// the latency of a multiply-add, with 16 registers there is room for 12.
inline constexpr int tile_rows = 4;
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int tile_packs = 4;
#else
inline constexpr int tile_packs = 3;
#endif

constexpr index round_up(index value, index multiple) { return (value + multiple - 1) / multiple * multiple; }

/// Rows and columns of operands come in multiples of this; what is missing, the caller fills with zeros.
template <class T>
inline constexpr index padding = lane_count<T> > tile_rows ? lane_count<T> : tile_rows;

/// sums [tile_rows, Packs] = left [tile_rows, depth] · right [depth, Packs · lanes], in registers
template <class T, int Packs>
[[gnu::always_inline]] inline void sum_tile(const matrix_view<const scalar_t<T>>& left,
                                            const matrix_view<const scalar_t<T>>& right,
                                            T (&sums)[tile_rows][Packs]) {
  constexpr int lanes = lane_count<T>;
  for (auto& row : sums)
    for (T& sum : row) sum = T(0);
  for (index k = 0; k < right.rows; ++k) {
    T factors[Packs];
    for (int j = 0; j < Packs; ++j) factors[j] = load_pack<scalar_t<T>, lanes>(&right(k, j * lanes));
    for (int i = 0; i < tile_rows; ++i) {
      const T factor(left(i, k));
      for (int j = 0; j < Packs; ++j) sums[i][j] = multiply_add(factor, factors[j], sums[i][j]);
    }
  }
}

/// result [tile_rows, Packs · lanes] (+)= left [tile_rows, depth] · right [depth, Packs · lanes]
template <class T, int Packs>
void multiply_tile(matrix_view<const scalar_t<T>> left, matrix_view<const scalar_t<T>> right,
                   matrix_view<scalar_t<T>> result, bool add) {
  constexpr int lanes = lane_count<T>;
  T sums[tile_rows][Packs];
  sum_tile<T, Packs>(left, right, sums);
  // Added last: many blocks that are added up lose less to rounding than one long sum.
  for (int i = 0; i < tile_rows; ++i)
    for (int j = 0; j < Packs; ++j) {
      scalar_t<T>* const place = &result(i, j * lanes);
      store_pack(add ? load_pack<scalar_t<T>, lanes>(place) + sums[i][j] : sums[i][j], place);
    }
}

/// The columns [column, column + Packs · lanes) of the result, tile by tile.
template <class T, int Packs>
void multiply_columns(const matrix_view<const scalar_t<T>>& left, const matrix_view<const scalar_t<T>>& right,
                      const matrix_view<scalar_t<T>>& result, index column, bool add) {
  for (index i = 0; i < left.rows; i += tile_rows)
    multiply_tile<T, Packs>({&left(i, 0), tile_rows, left.columns, left.row_stride, left.column_stride},
                            {&right(0, column), right.rows, right.columns, right.row_stride, 1},
                            {&result(i, column), tile_rows, result.columns, result.row_stride, 1}, add);
}

/// The last columns, fewer than a tile's.
template <class T, int Packs = tile_packs - 1>
void multiply_last_columns(const matrix_view<const scalar_t<T>>& left,
                           const matrix_view<const scalar_t<T>>& right,
                           const matrix_view<scalar_t<T>>& result, index column, bool add) {
  if (result.columns - column == Packs * lane_count<T>)
    multiply_columns<T, Packs>(left, right, result, column, add);
  else if constexpr (Packs > 1)
    multiply_last_columns<T, Packs - 1>(left, right, result, column, add);
}

/// result [m, n] = left [m, depth] · right [depth, n], or added to it. A transposed `left` is one with strides
/// exchanged. m is a multiple of `tile_rows` and n of the lanes; the columns of `right` and `result` are
/// contiguous, depth is at least 1, and the operands do not overlap.
template <class T>
void multiply(const matrix_view<const scalar_t<T>>& left, const matrix_view<const scalar_t<T>>& right,
              const matrix_view<scalar_t<T>>& result, bool add) {
  // So much of `right` stays in the L1 cache while the rows of `left` go by.
  constexpr index block = 128;
  constexpr index tile_columns = tile_packs * lane_count<T>;
  for (index first = 0; first < right.rows; first += block) {
    const index depth = right.rows - first < block ? right.rows - first : block;
    const matrix_view<const scalar_t<T>> a{&left(0, first), left.rows, depth, left.row_stride,
                                           left.column_stride};
    const matrix_view<const scalar_t<T>> b = right.block(first, depth);
    index column = 0;
    for (; column + tile_columns <= result.columns; column += tile_columns)
      multiply_columns<T, tile_packs>(a, b, result, column, add || first > 0);
    multiply_last_columns<T>(a, b, result, column, add || first > 0);
  }
}

}  // namespace prefopt::detail
