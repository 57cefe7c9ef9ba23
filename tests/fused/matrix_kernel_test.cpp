#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/detail/aligned_buffer.hpp>
#include <prefopt/detail/matrix_kernel.hpp>

#include "support/matrix.hpp"

/// \file
/// Products of blocks against the three loops, and the memory that they lie in.

namespace {

using prefopt::index;
using prefopt::matrix_view;
using prefopt::native_pack;
using test::matrix;
using test::random_scores;

template <class Scalar>
matrix_view<const Scalar> transposed(const matrix_view<const Scalar>& m) {
  return {m.data, m.columns, m.rows, m.column_stride, m.row_stride};
}

/// By how much left · right, added to what was there or not, misses sums of doubles: the worst entry, relative
/// to the absolute values that it is made of.
template <class Scalar>
double worst_error(const matrix_view<const Scalar>& left, const matrix_view<const Scalar>& right, bool add) {
  const auto before = random_scores<Scalar>(left.rows, right.columns, 1, 7);
  matrix<Scalar> result = before;
  prefopt::detail::multiply<native_pack<Scalar>>(left, right, prefopt::view(result), add);
  double worst = 0;
  for (index i = 0; i < left.rows; ++i)
    for (index j = 0; j < right.columns; ++j) {
      double expected = add ? static_cast<double>(before(i, j)) : 0, size = std::abs(expected);
      for (index k = 0; k < left.columns; ++k) {
        const double product = static_cast<double>(left(i, k)) * static_cast<double>(right(k, j));
        expected += product;
        size += std::abs(product);
      }
      worst = std::max(worst, std::abs(static_cast<double>(result(i, j)) - expected) / size);
    }
  return worst;
}

TEST_CASE_TEMPLATE("products_of_all_shapes_and_strides_are_right", Scalar, float, double) {
  constexpr index padding = prefopt::detail::padding<native_pack<Scalar>>;
  constexpr double tolerance = 8 * std::numeric_limits<Scalar>::epsilon();
  for (const index rows : {padding, 3 * padding})
    for (const index columns : {padding, 2 * padding, 5 * padding, 7 * padding})
      for (const index depth : {index{1}, index{6}, index{128}, index{131}, index{300}})
        for (const bool add : {false, true}) {
          const auto left = random_scores<Scalar>(rows, depth, 1, 1),
                     turned = random_scores<Scalar>(depth, rows, 1, 2);
          const auto right = random_scores<Scalar>(depth, columns, 1, 3);
          CAPTURE(rows);
          CAPTURE(columns);
          CAPTURE(depth);
          CAPTURE(add);
          CHECK(worst_error<Scalar>(prefopt::view(left), prefopt::view(right), add) <= tolerance);
          CHECK(worst_error<Scalar>(transposed<Scalar>(prefopt::view(turned)), prefopt::view(right), add) <=
                tolerance);
        }
}

TEST_CASE("a_buffer_starts_at_a_cache_line_and_keeps_its_place_until_it_has_to_grow") {
  prefopt::detail::aligned_buffer<float> buffer;
  float* const place = buffer.take(100);
  CHECK(reinterpret_cast<std::uintptr_t>(place) % 64 == 0);
  std::fill_n(place, 100, 2.0f);
  CHECK(buffer.take(40) == place);
  CHECK(buffer.data() == place);
  CHECK(place[39] == 2.0f);
  CHECK(reinterpret_cast<std::uintptr_t>(buffer.take(1000)) % 64 == 0);
}

}  // namespace
