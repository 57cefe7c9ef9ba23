#include <array>
#include <concepts>
#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/mdspan.hpp>
#include <prefopt/recipes.hpp>

#include "../examples/small_mdspan.hpp"

namespace {

using prefopt::adapted_tensor;
using prefopt::index;
using prefopt::viewable_tensor;
using prefopt::writable_tensor;

using plane = small::dextents<int, 2>;
using line = small::dextents<std::size_t, 1>;
template <class Element, class Layout = small::layout_right>
using matrix = small::mdspan<Element, plane, Layout>;

static_assert(writable_tensor<matrix<float>> && writable_tensor<const matrix<double>&>);
static_assert(writable_tensor<matrix<float, small::layout_left>>);
static_assert(writable_tensor<small::mdspan<int, line>>);
static_assert(viewable_tensor<matrix<const float>> && !writable_tensor<matrix<const float>>);
static_assert(std::same_as<prefopt::scalar_of<matrix<const double>>, double>);

static_assert(!adapted_tensor<small::mdspan<float, small::dextents<int, 3>>>, "three indices");
static_assert(!adapted_tensor<small::mdspan<float, small::dextents<int, 0>>>, "no index");

struct negated : matrix<float> {  // what its accessor returns is not what lies in memory
  using reference = float;
};
static_assert(!adapted_tensor<negated>);

struct tiled : matrix<float> {
  static constexpr bool is_always_strided() { return false; }
};
static_assert(!adapted_tensor<tiled>);

TEST_CASE("each_layout_is_seen_with_its_strides") {
  std::vector<float> memory(12);
  const auto right = prefopt::view(matrix<float>(memory.data(), 3, 4));
  CHECK((right.rows == 3 && right.columns == 4 && right.row_stride == 4 && right.column_stride == 1));
  const auto left = prefopt::view(matrix<const float, small::layout_left>(memory.data(), 3, 4));
  CHECK((left.rows == 3 && left.columns == 4 && left.row_stride == 1 && left.column_stride == 3));
  const small::layout_stride::mapping<plane> mapping{plane(2, 3), {0, 2}};
  const auto strided = prefopt::view(matrix<float, small::layout_stride>(memory.data() + 1, mapping));
  CHECK((strided.rows == 2 && strided.columns == 3 && strided.row_stride == 0 && strided.column_stride == 2));
  CHECK(strided.data == memory.data() + 1);
}

TEST_CASE("one_index_is_a_column") {
  std::vector<double> memory(6);
  const auto column = prefopt::view(small::mdspan<double, line>(memory.data(), 6));
  CHECK((column.rows == 6 && column.columns == 1 && column.row_stride == 1));
}

TEST_CASE("every_input_may_be_an_mdspan") {
  const std::vector<double> scores{1, 0, 3, -1, 2, 5}, betas{0.5, 2};
  const std::vector<double> by_columns{1, -1, 0, 2, 3, 5};
  std::vector<double> expected(6), gradient(6), losses(2);
  prefopt::evaluate(prefopt::s_dpo(), {.policy = prefopt::as_matrix(scores, 2, 3), .beta = betas},
                    prefopt::as_matrix(expected, 2, 3));
  const auto result = prefopt::evaluate(
      prefopt::s_dpo(),
      {.policy = matrix<const double, small::layout_left>(by_columns.data(), 2, 3),
       .beta = small::mdspan<const double, line>(betas.data(), 2)},
      matrix<double>(gradient.data(), 2, 3), {.losses = small::mdspan<double, line>(losses.data(), 2)});
  for (std::size_t i = 0; i < 6; ++i) CHECK(gradient[i] == doctest::Approx(expected[i]).epsilon(1e-14));
  CHECK(result.loss == doctest::Approx((losses[0] + losses[1]) / 2).epsilon(1e-14));
}

}  // namespace
