#pragma once

#include <prefopt/numeric/pack.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::detail {

/// How many columns of the rows can be walked a pack at a time; the others are walked one by one.
template <class T, class Scalar>
index whole_packs(const matrix_view<Scalar>& rows) {
  return rows.column_stride == 1 ? rows.columns / lane_count<T> * lane_count<T> : 0;
}

}  // namespace prefopt::detail
