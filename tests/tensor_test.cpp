#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>
#include <prefopt/tensor.hpp>

namespace {

using prefopt::as_matrix;
using prefopt::index;
using prefopt::matrix_view;
using prefopt::tensor_ref;

/// A tensor class that prefopt has never heard of: column-major, with padding between the columns.
class grid {
 public:
  grid(index height, index width)
      : height_(height), width_(width), cells_(std::size_t((height + 3) * width)) {}
  index height() const { return height_; }
  index width() const { return width_; }
  index pitch() const { return height_ + 3; }
  float* cells() { return cells_.data(); }
  const float* cells() const { return cells_.data(); }

 private:
  index height_, width_;
  std::vector<float> cells_;
};

}  // namespace

template <>
struct prefopt::tensor_traits<grid> {
  static prefopt::matrix_view<float> view(grid& g) {
    return {g.cells(), g.height(), g.width(), 1, g.pitch()};
  }
  static prefopt::matrix_view<const float> view(const grid& g) {
    return {g.cells(), g.height(), g.width(), 1, g.pitch()};
  }
};

namespace {

// ---- what is a tensor, what can be written, what may be kept from a temporary

static_assert(prefopt::adapted_tensor<std::vector<float>&> && prefopt::writable_tensor<std::vector<float>&>);
static_assert(prefopt::adapted_tensor<const std::vector<double>&> &&
              !prefopt::writable_tensor<const std::vector<double>&>);
static_assert(prefopt::writable_tensor<std::span<float>> &&
              !prefopt::writable_tensor<std::span<const float>>);
static_assert(prefopt::writable_tensor<const std::span<float, 4>&>, "a const span writes what it looks at");
static_assert(prefopt::writable_tensor<matrix_view<float>> &&
              !prefopt::writable_tensor<matrix_view<const float>>);
static_assert(prefopt::writable_tensor<grid&> && !prefopt::writable_tensor<const grid&>);
static_assert(std::same_as<prefopt::scalar_of<const grid&>, float>);

static_assert(!prefopt::viewable_tensor<std::vector<float>>,
              "a temporary that owns its scalars dies too early");
static_assert(!prefopt::viewable_tensor<grid>);
static_assert(prefopt::viewable_tensor<std::span<const float>> &&
              prefopt::viewable_tensor<matrix_view<double>>);

static_assert(!prefopt::adapted_tensor<float> && !prefopt::adapted_tensor<float*> &&
              !prefopt::adapted_tensor<float (&)[4]>);
static_assert(!prefopt::adapted_tensor<std::array<float, 4>&>,
              "no extents to guess: as_matrix(values, rows, columns)");
static_assert(!prefopt::adapted_tensor<std::vector<bool>&>, "its bits have no address");
static_assert(!prefopt::adapted_tensor<std::list<float>&> && !prefopt::adapted_tensor<std::string&>);
static_assert(!prefopt::adapted_tensor<std::unique_ptr<float[]>&>);

// ---- what a parameter accepts

static_assert(std::convertible_to<std::vector<float>&, tensor_ref<const float>>);
static_assert(std::convertible_to<const grid&, tensor_ref<const float>>);
static_assert(std::convertible_to<grid&, tensor_ref<float>>);
static_assert(!std::convertible_to<const grid&, tensor_ref<float>>, "const cannot be written");
static_assert(!std::convertible_to<std::vector<float>&, tensor_ref<const double>>,
              "no silent conversion of scalars");
static_assert(!std::convertible_to<std::vector<std::int64_t>&, tensor_ref<const std::int32_t>>);
static_assert(!std::convertible_to<std::vector<float>, tensor_ref<const float>>, "a temporary");
static_assert(!std::convertible_to<std::string&, tensor_ref<const char>>);

template <class Values>
concept makes_a_matrix = requires(Values&& values) { as_matrix(std::forward<Values>(values), 1, 1); };
static_assert(makes_a_matrix<std::vector<float>&> && makes_a_matrix<std::span<float>> &&
              makes_a_matrix<float (&)[6]>);
static_assert(!makes_a_matrix<std::vector<float>>, "the view would outlive the temporary");

/// The elements in row-major order.
template <class Scalar>
std::vector<std::remove_const_t<Scalar>> elements(const matrix_view<Scalar>& view) {
  std::vector<std::remove_const_t<Scalar>> all;
  for (index i = 0; i < view.rows; ++i)
    for (index j = 0; j < view.columns; ++j) all.push_back(view(i, j));
  return all;
}

using floats = std::vector<float>;

TEST_CASE("a_vector_and_a_span_are_columns") {
  floats values{1, 2, 3};
  for (const auto& view : {prefopt::view(values), prefopt::view(std::span(values))}) {
    CHECK(view.rows == 3);
    CHECK(view.columns == 1);
    CHECK(elements(view) == values);
  }
  prefopt::view(values)(1, 0) = 5;
  CHECK(values[1] == 5);
  CHECK(prefopt::view(floats{}).size() == 0);
}

TEST_CASE("as_matrix_gives_contiguous_values_their_extents") {
  floats values{1, 2, 3, 4, 5, 6};
  const auto view = as_matrix(values, 2, 3);
  CHECK(view(0, 2) == 3);
  CHECK(view(1, 0) == 4);
  float array[] = {1, 2, 3, 4};
  as_matrix(array, 2, 2)(1, 1) = 9;
  CHECK(array[3] == 9);
  const std::array<double, 2> fixed{1, 2};
  CHECK(as_matrix(fixed, 1, 2)(0, 1) == 2);
  CHECK(as_matrix(std::span<const float>(values), 3, 2)(2, 1) == 6);
}

TEST_CASE("as_matrix_refuses_extents_that_do_not_fit") {
  floats values(6);
  CHECK_THROWS_WITH_AS(as_matrix(values, 2, 4),
                       "as_matrix: values has 6 elements, expected rows * columns = 2 * 4",
                       prefopt::invalid_argument);
  CHECK_THROWS_WITH_AS(as_matrix(values, -2, -3),
                       "as_matrix: values has 6 elements, expected rows * columns = -2 * -3",
                       prefopt::invalid_argument);
}

TEST_CASE("strides_may_skip_repeat_and_run_backwards") {
  floats memory{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  CHECK(elements(matrix_view<float>{memory.data(), 2, 3, 6, 2}) == floats{0, 2, 4, 6, 8, 10});
  CHECK(elements(matrix_view<float>{memory.data() + 11, 2, 3, -6, -2}) == floats{11, 9, 7, 5, 3, 1});
  CHECK(elements(matrix_view<const float>{memory.data() + 5, 2, 3, 0, 1}) == floats{5, 6, 7, 5, 6, 7});
  CHECK(elements(matrix_view<const float>{memory.data() + 5, 2, 3, 1, 0}) == floats{5, 5, 5, 6, 6, 6});
  CHECK(elements(matrix_view<float>{memory.data(), 3, 2, 4, 1}.block(1, 2)) == floats{4, 5, 8, 9});
  CHECK(matrix_view<float>{memory.data(), 3, 4, 4, 1}.size() == 12);
}

TEST_CASE("an_absent_tensor_is_false") {
  const tensor_ref<const float> absent;
  CHECK_FALSE(absent);
  floats empty;
  CHECK(tensor_ref<const float>(empty));
}

TEST_CASE("a_tensor_ref_sees_the_tensor_it_was_made_of") {
  grid tensor(2, 3);
  const tensor_ref<float> ref = tensor;
  CHECK(ref->rows == 2);
  CHECK(ref->columns == 3);
  (*ref)(1, 2) = 7;
  CHECK(tensor.cells()[2 * tensor.pitch() + 1] == 7);
}

// ---- the whole way: every layout gives what the plain row-major one gives

const floats scores{1, 0.5f, -1, 0.25f, 2, 0, -3, 1, 4, 4, 1, 0};  // [4, 3]
const auto objective = prefopt::s_dpo({.beta = 0.7});

floats expected_gradient() {
  floats gradient(12);
  prefopt::evaluate(objective, {.policy = as_matrix(scores, 4, 3)}, as_matrix(gradient, 4, 3));
  return gradient;
}

void fill(const matrix_view<float>& view) {
  for (index i = 0; i < 4; ++i)
    for (index j = 0; j < 3; ++j) view(i, j) = scores[static_cast<std::size_t>(3 * i + j)];
}

TEST_CASE("a_tensor_class_of_the_users_own_is_read_and_written") {
  grid policy(4, 3), gradient(4, 3);
  fill(prefopt::view(policy));
  const grid& read_only = policy;
  prefopt::evaluate(objective, {.policy = read_only}, gradient);
  CHECK(elements(prefopt::view(gradient)) == expected_gradient());
}

TEST_CASE("any_strides_are_read_and_written_and_nothing_beside_them") {
  struct layout {
    index first, row_stride, column_stride;
  };
  for (const layout& at :
       {layout{0, 3, 1}, layout{0, 1, 4}, layout{1, 10, 3}, layout{39, -10, -3}, layout{30, -10, 2}}) {
    floats policy_memory(40), gradient_memory(40, 77);
    const matrix_view<float> policy{policy_memory.data() + at.first, 4, 3, at.row_stride, at.column_stride};
    const matrix_view<float> gradient{gradient_memory.data() + at.first, 4, 3, at.row_stride,
                                      at.column_stride};
    fill(policy);
    prefopt::evaluate(objective, {.policy = policy}, gradient);
    CHECK(elements(gradient) == expected_gradient());
    CHECK(std::ranges::count(gradient_memory, 77.0f) == 40 - 12);
  }
}

TEST_CASE("one_reference_row_serves_all_examples_through_a_zero_stride") {
  const floats row{0.5f, -1, 2};
  floats repeated;
  for (int i = 0; i < 4; ++i) repeated.insert(repeated.end(), row.begin(), row.end());
  floats by_stride(12), by_copy(12);
  const auto policy = as_matrix(scores, 4, 3);
  prefopt::evaluate(objective,
                    {.policy = policy, .reference = matrix_view<const float>{row.data(), 4, 3, 0, 1}},
                    as_matrix(by_stride, 4, 3));
  prefopt::evaluate(objective, {.policy = policy, .reference = as_matrix(repeated, 4, 3)},
                    as_matrix(by_copy, 4, 3));
  CHECK(by_stride == by_copy);
}

TEST_CASE("a_per_example_input_may_be_a_column_or_a_row") {
  const floats weights{1, 2, 0, 0.5f};
  const prefopt::batch<float> column{.policy = as_matrix(scores, 4, 3), .weights = weights};
  const prefopt::batch<float> row{.policy = as_matrix(scores, 4, 3), .weights = as_matrix(weights, 1, 4)};
  CHECK(prefopt::evaluate(objective, column).loss == prefopt::evaluate(objective, row).loss);
}

}  // namespace
