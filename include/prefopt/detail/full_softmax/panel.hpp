#pragma once

#include <limits>

#include <prefopt/detail/matrix_kernel.hpp>
#include <prefopt/numeric.hpp>

/// \file
/// What happens to a panel of scores [items, examples], a lane being an example.

namespace prefopt::detail {

/// Raises `tops` to the largest score of each example, and adds Σ e^(score − top) to `sums`, which are kept
/// relative to the tops. A panel is summed in its own type and panels in double, so that a million items keep
/// their digits. Rows come in fours; −inf adds nothing.
template <class T>
void add_exponentials(const matrix_view<const scalar_t<T>> scores, scalar_t<T>* tops, double* sums) {
  constexpr int lanes = lane_count<T>;
  const auto at = [&](index i, index j) { return load_pack<scalar_t<T>, lanes>(&scores(i, j)); };
  for (index j = 0; j < scores.columns; j += lanes) {
    const T old = load_pack<scalar_t<T>, lanes>(tops + j);
    T top = old;
    for (index i = 0; i < scores.rows; i += 4)
      top = max(top, max(max(at(i, j), at(i + 1, j)), max(at(i + 2, j), at(i + 3, j))));
    if (any(top > old)) {
      for (int lane = 0; lane < lanes; ++lane)
        sums[j + lane] *= prefopt::exp(static_cast<double>(prefopt::lane(old, lane)) -
                                       static_cast<double>(prefopt::lane(top, lane)));
      store_pack(top, tops + j);
    }
    T sum(0);
    for (index i = 0; i < scores.rows; ++i) sum = sum + exp(at(i, j) - top);
    for (int lane = 0; lane < lanes; ++lane) sums[j + lane] += static_cast<double>(prefopt::lane(sum, lane));
  }
}

/// Makes the scores slopes: e^(score − top) · factor. Those below the smallest normal number become 0: they
/// would slow the multiply-adds down, and nobody would see them.
template <class T>
void to_slopes(const matrix_view<scalar_t<T>> scores, const scalar_t<T>* tops, const scalar_t<T>* factors) {
  constexpr int lanes = lane_count<T>;
  for (index j = 0; j < scores.columns; j += lanes) {
    const T top = load_pack<scalar_t<T>, lanes>(tops + j),
            factor = load_pack<scalar_t<T>, lanes>(factors + j);
    const T least = std::numeric_limits<scalar_t<T>>::min() / abs(factor);
    for (index i = 0; i < scores.rows; ++i) {
      const T e = exp(load_pack<scalar_t<T>, lanes>(&scores(i, j)) - top);
      store_pack(select(e < least, T(0), e * factor), &scores(i, j));
    }
  }
}

}  // namespace prefopt::detail
