#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>
#include <prefopt/xtensor.hpp>

#include "support/error_text.hpp"

namespace {

using prefopt::adapted_tensor;
using prefopt::tensor_ref;
using prefopt::viewable_tensor;
using prefopt::writable_tensor;

constexpr auto by_rows = xt::layout_type::row_major, by_columns = xt::layout_type::column_major;
using shape = std::vector<std::size_t>;

xt::xarray<float> a, b;
const xt::xarray<float> c;

// ---- what is a tensor

static_assert(writable_tensor<xt::xarray<float>&> && writable_tensor<xt::xtensor<double, 2, by_columns>&>);
static_assert(writable_tensor<xt::xtensor_fixed<float, xt::xshape<2, 3>>&>);
static_assert(writable_tensor<xt::xarray<float, xt::layout_type::dynamic>&>);
static_assert(writable_tensor<decltype(xt::view(a, xt::all(), xt::range(0, 2)))>);
static_assert(writable_tensor<decltype(xt::strided_view(a, {xt::ellipsis(), xt::range(0, 2)}))>);
static_assert(writable_tensor<decltype(xt::transpose(a))> && writable_tensor<decltype(xt::flip(a, 1))>);
static_assert(writable_tensor<decltype(xt::view(xt::view(a, xt::all(), xt::range(0, 2)), 1, xt::all()))>);
static_assert(adapted_tensor<const xt::xarray<float>&> && !writable_tensor<const xt::xarray<float>&>);
static_assert(viewable_tensor<decltype(xt::view(c, 0, xt::all()))> &&
              !writable_tensor<decltype(xt::view(c, 0, xt::all()))>);
static_assert(std::same_as<prefopt::scalar_of<const xt::xtensor<double, 2>&>, double>);
static_assert(!std::convertible_to<const xt::xarray<float>&, tensor_ref<float>>);
static_assert(!std::convertible_to<xt::xarray<float>&, tensor_ref<const double>>);

std::vector<float> buffer(6);
const std::vector<float> constant(6);
static_assert(writable_tensor<decltype(xt::adapt(buffer, shape{2, 3}))>);
static_assert(writable_tensor<decltype(xt::adapt(buffer.data(), 6, xt::no_ownership(), shape{2, 3}))>);
static_assert(writable_tensor<decltype(xt::adapt(buffer, xt::xshape<2, 3>()))>);
static_assert(viewable_tensor<decltype(xt::adapt(constant, shape{2, 3}))> &&
              !writable_tensor<decltype(xt::adapt(constant, shape{2, 3}))>);

// ---- what may not be kept from a temporary

static_assert(!viewable_tensor<xt::xarray<float>> && !viewable_tensor<xt::xtensor<float, 2>>);
static_assert(!viewable_tensor<decltype(xt::view(xt::xarray<float>(), 0, xt::all()))>,
              "it has swallowed an array");
static_assert(!viewable_tensor<decltype(xt::transpose(xt::xarray<float>()))>);
static_assert(!viewable_tensor<decltype(xt::adapt(std::vector<float>(6), shape{2, 3}))>);
static_assert(!viewable_tensor<decltype(xt::adapt(static_cast<float*>(nullptr), 6, xt::acquire_ownership(),
                                                  shape{2, 3}))>);

// ---- what has no storage: tests/compile_fail/policy_xtensor_expression.cpp shows what the compiler says

template <class Expression>
constexpr bool lazy = !prefopt::detail::xtensor_storage<Expression>;
static_assert(lazy<decltype(a + b)> && lazy<decltype(2 * a)> && lazy<decltype(xt::exp(a))>);
static_assert(lazy<decltype(xt::view(a + b, 0, xt::all()))> && lazy<decltype(xt::transpose(a + b))>);
static_assert(lazy<decltype(xt::strided_view(a + b, {xt::ellipsis(), xt::range(0, 2)}))>);
static_assert(lazy<decltype(xt::broadcast(a, shape{2, 3}))> && lazy<decltype(xt::zeros<float>({2, 3}))>);
static_assert(lazy<decltype(xt::view(a, xt::keep(1, 0), xt::all()))> &&
              lazy<decltype(xt::view(a, xt::drop(1)))>);
static_assert(lazy<decltype(xt::reshape_view(xt::transpose(a), shape{2, 3}))>, "it walks through iterators");
static_assert(lazy<decltype(xt::sum(a, {1}))> && lazy<decltype(xt::cast<double>(a))>);
static_assert(!lazy<decltype(xt::eval(a + b))> && !lazy<xt::xarray<float>>);

/// Element (i, j) holds 10 i + j.
template <class Tensor>
void number(Tensor& tensor) {
  for (std::size_t i = 0; i < tensor.shape()[0]; ++i)
    for (std::size_t j = 0; j < tensor.shape()[1]; ++j)
      tensor(i, j) = static_cast<typename Tensor::value_type>(10 * i + j);
}

/// Does the view show what xtensor itself copies?
template <class Tensor>
bool same(const Tensor& tensor) {
  const xt::xarray<typename Tensor::value_type, by_rows> copy = tensor;
  const auto view = prefopt::view(tensor);
  const std::size_t columns = copy.dimension() == 1 ? 1 : copy.shape()[1];
  if (static_cast<std::size_t>(view.rows) != copy.shape()[0]) return false;
  if (static_cast<std::size_t>(view.columns) != columns) return false;
  auto next = copy.begin();
  for (prefopt::index i = 0; i < view.rows; ++i)
    for (prefopt::index j = 0; j < view.columns; ++j)
      if (view(i, j) != *next++) return false;
  return true;
}

using fixed = xt::xtensor_fixed<float, xt::xshape<5, 4>>;
using rows_array = xt::xarray<float, by_rows>;
using columns_array = xt::xarray<double, by_columns>;
using rows_tensor = xt::xtensor<double, 2, by_rows>;
using columns_tensor = xt::xtensor<float, 2, by_columns>;

TEST_CASE_TEMPLATE("arrays_and_tensors_are_seen_as_they_are", Tensor, rows_array, columns_array, rows_tensor,
                   columns_tensor, fixed) {
  Tensor tensor;
  if constexpr (!std::same_as<Tensor, fixed>) tensor.resize({5, 4});
  number(tensor);
  CHECK(same(tensor));
  CHECK(same(std::as_const(tensor)));
  CHECK(same(xt::view(tensor, xt::range(1, 4), xt::range(1, 3))));
  CHECK(same(xt::view(tensor, xt::range(0, 5, 2), xt::range(3, xt::placeholders::_, -1))));
  CHECK(same(xt::view(tensor, 2)));
  CHECK(same(xt::view(tensor, xt::all(), 1)));
  CHECK(same(xt::view(tensor, xt::newaxis(), xt::all(), 1)));
  CHECK(same(xt::view(tensor, xt::range(2, 2), xt::all())));
  CHECK(same(xt::transpose(tensor)));
  CHECK(same(xt::flip(tensor, 0)));
  const auto block = xt::view(tensor, xt::range(1, 4), xt::range(1, 3));
  CHECK(same(xt::view(block, xt::range(1, 3), 1)));
  CHECK(same(xt::transpose(block)));
  CHECK(same(xt::strided_view(block, {xt::ellipsis(), xt::range(1, 2)})));
  prefopt::view(tensor)(3, 2) = 99;
  CHECK(tensor(3, 2) == 99);
  auto window = xt::view(tensor, xt::range(1, 4), xt::range(1, 3));
  prefopt::view(window)(0, 1) = 98;
  CHECK(tensor(1, 2) == 98);
}

TEST_CASE("a_dynamic_layout_is_read_at_run_time") {
  for (const auto layout : {by_rows, by_columns}) {
    xt::xarray<float, xt::layout_type::dynamic> tensor(shape{5, 4}, layout);
    number(tensor);
    CHECK(same(tensor));
    CHECK(prefopt::view(tensor).row_stride == (layout == by_rows ? 4 : 1));
  }
}

TEST_CASE("adapted_buffers_are_seen_where_they_lie") {
  std::vector<float> memory{0, 1, 2, 3, 4, 5};
  auto tensor = xt::adapt(memory, shape{2, 3});
  CHECK(same(tensor));
  CHECK(prefopt::view(tensor).data == memory.data());
  CHECK(same(xt::adapt(std::as_const(memory), shape{3, 2})));
  CHECK(same(xt::adapt<by_columns>(memory.data(), 6, xt::no_ownership(), shape{2, 3})));
  CHECK(same(xt::adapt(memory, std::array<std::size_t, 2>{2, 3})));
  CHECK(same(xt::adapt(memory, xt::xshape<2, 3>())));
  const auto column = xt::adapt(memory, std::array<std::size_t, 1>{6});
  CHECK(same(column));
}

TEST_CASE("a_stride_of_zero_repeats_a_row") {
  std::vector<float> memory{1, 2, 3};
  const shape strides{0, 1};
  const auto repeated = xt::adapt(memory.data(), 6, xt::no_ownership(), shape{2, 3}, strides);
  CHECK(same(repeated));
  CHECK(prefopt::view(repeated).row_stride == 0);
}

TEST_CASE("a_number_of_dimensions_that_is_known_at_run_time_is_checked_there") {
  const auto text_for = [](const shape& extents) {
    const xt::xarray<float> tensor(extents);
    return error_text([&] { prefopt::view(tensor); });
  };
  CHECK(text_for({2, 3, 4}) == "xtensor: a tensor has 3 dimensions, expected 1 or 2");
  CHECK(text_for({}) == "xtensor: a tensor has 0 dimensions, expected 1 or 2");
}

TEST_CASE_TEMPLATE("layout_and_strides_do_not_change_a_result", Tensor, rows_array, columns_tensor) {
  const auto objective = prefopt::s_dpo({.beta = 0.5});
  xt::xtensor<float, 2> plain_policy({47, 32}), plain_reference({47, 32}), expected({47, 32});
  for (std::size_t i = 0; i < 47 * 32; ++i) {
    plain_policy.flat(i) = static_cast<float>(i * 37 % 101) / 50 - 1;
    plain_reference.flat(i) = static_cast<float>(i * 53 % 97) / 50 - 1;
  }
  const auto plain =
      prefopt::evaluate(objective, {.policy = plain_policy, .reference = plain_reference}, expected);

  const Tensor policy = plain_policy, reference = plain_reference;
  xt::xarray<float> wide(shape{49, 40}, 5.0f);
  auto gradient = xt::view(wide, xt::range(1, 48), xt::range(3, 35));
  const auto result = prefopt::evaluate(objective, {.policy = policy, .reference = reference}, gradient);
  CHECK(result.loss == doctest::Approx(plain.loss).epsilon(1e-6));  // sums run in another order
  for (std::size_t i = 0; i < 47; ++i)
    for (std::size_t j = 0; j < 32; ++j)
      CHECK(gradient(i, j) == doctest::Approx(expected(i, j)).epsilon(1e-4));
  CHECK(wide(0, 0) == 5);
  CHECK(wide(20, 2) == 5);
  CHECK(wide(48, 39) == 5);
}

TEST_CASE("every_input_may_be_an_xtensor") {
  xt::xtensor<double, 2> policy({6, 4}), gradient({6, 4});
  const xt::xarray<double> reference(shape{6, 4}, -1.0);
  for (std::size_t i = 0; i < 24; ++i) policy.flat(i) = static_cast<double>(i * 7 % 11) / 5;
  const xt::xtensor<double, 1> beta({6}, 0.5);
  const xt::xarray<double> weights(shape{1, 6}, 2.0);
  const xt::xtensor<int, 1> lengths({6}, 3);
  auto losses = xt::xtensor<double, 1>::from_shape({6});
  const auto result = prefopt::evaluate(
      prefopt::dmpo(),
      {.policy = policy, .reference = reference, .counts = lengths, .beta = beta, .weights = weights},
      gradient, {.losses = losses});
  double mean = 0;
  for (std::size_t i = 0; i < 6; ++i) mean += losses(i) / 6;
  CHECK(mean == doctest::Approx(result.loss).epsilon(1e-14));
}

}  // namespace
