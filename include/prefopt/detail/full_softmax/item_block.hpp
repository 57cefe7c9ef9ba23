#pragma once

#include <prefopt/detail/matrix_kernel.hpp>
#include <prefopt/detail/stream.hpp>
#include <prefopt/detail/transpose.hpp>
#include <prefopt/detail/whole_packs.hpp>

/// \file
/// Between the caller's rows and the blocks that are multiplied.

namespace prefopt::detail {

/// Copies `rows` [n, d] to contiguous rows of `padded_width` numbers, and adds zeros at both ends: components
/// up to there, and rows up to the padding. Returns whether all numbers are finite.
template <class T>
bool load_rows(const matrix_view<const scalar_t<T>>& rows, index padded_width, scalar_t<T>* block) {
  constexpr int lanes = lane_count<T>;
  const index whole = whole_packs<T>(rows);
  T zeros(0);  // x − x is NaN if x is not finite
  scalar_t<T> zero = 0;
  for (index i = 0; i < rows.rows; ++i) {
    scalar_t<T>* const to = block + i * padded_width;
    for (index k = 0; k < whole; k += lanes) {
      const T x = load_pack<scalar_t<T>, lanes>(&rows(i, k));
      zeros = zeros + (x - x);
      store_pack(x, to + k);
    }
    for (index k = whole; k < rows.columns; ++k) {
      to[k] = rows(i, k);
      zero += to[k] - to[k];
    }
    for (index k = rows.columns; k < padded_width; ++k) to[k] = 0;
  }
  for (index i = rows.rows * padded_width; i < round_up(rows.rows, padding<T>) * padded_width; ++i)
    block[i] = 0;
  return zero == 0 && !any(!(zeros == T(0)));
}

/// Stores the first rows and columns of a block to `rows` [n, d].
template <class T>
void store_rows(const scalar_t<T>* block, index padded_width, const matrix_view<scalar_t<T>>& rows,
                row_store how) {
  constexpr int lanes = lane_count<T>;
  const index whole = whole_packs<T>(rows);
  for (index i = 0; i < rows.rows; ++i) {
    const scalar_t<T>* const from = block + i * padded_width;
    for (index k = 0; k < whole; k += lanes) {
      scalar_t<T>* const place = &rows(i, k);
      const T x = load_pack<scalar_t<T>, lanes>(from + k);
      if (how == row_store::stream)
        stream_pack(x, place);
      else
        store_pack(how == row_store::add ? load_pack<scalar_t<T>, lanes>(place) + x : x, place);
    }
    for (index k = whole; k < rows.columns; ++k)
      rows(i, k) = how == row_store::add ? rows(i, k) + from[k] : from[k];
  }
}

}  // namespace prefopt::detail
