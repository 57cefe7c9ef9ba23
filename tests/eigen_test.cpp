#include <concepts>
#include <type_traits>
#include <vector>

#include <Eigen/Core>
#include <Eigen/SparseCore>
#include <doctest/doctest.h>

#include <prefopt/eigen.hpp>
#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>

namespace {

using prefopt::adapted_tensor;
using prefopt::index;
using prefopt::tensor_ref;
using prefopt::viewable_tensor;
using prefopt::writable_tensor;

template <class Scalar>
using row_major = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using any_stride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;

// ---- what is a tensor

static_assert(writable_tensor<Eigen::MatrixXf&> && writable_tensor<row_major<double>&>);
static_assert(writable_tensor<Eigen::ArrayXXf&> && writable_tensor<Eigen::Matrix3d&> &&
              writable_tensor<Eigen::VectorXf&>);
static_assert(writable_tensor<Eigen::Map<Eigen::MatrixXf>> &&
              writable_tensor<const Eigen::Map<Eigen::MatrixXf>&>);
static_assert(writable_tensor<Eigen::Ref<Eigen::MatrixXf>> && writable_tensor<Eigen::Block<Eigen::MatrixXf>>);
static_assert(writable_tensor<Eigen::Transpose<Eigen::MatrixXf>>);
static_assert(writable_tensor<decltype(std::declval<Eigen::MatrixXf&>().col(0))>);
static_assert(writable_tensor<decltype(std::declval<Eigen::MatrixXf&>().leftCols(1))>);
static_assert(writable_tensor<decltype(std::declval<Eigen::MatrixXf&>().array())>);

static_assert(adapted_tensor<const Eigen::MatrixXf&> && !writable_tensor<const Eigen::MatrixXf&>);
static_assert(adapted_tensor<Eigen::Map<const Eigen::MatrixXf>> &&
              !writable_tensor<Eigen::Map<const Eigen::MatrixXf>>);
static_assert(adapted_tensor<Eigen::Block<const Eigen::MatrixXf>> &&
              !writable_tensor<Eigen::Block<const Eigen::MatrixXf>>);
static_assert(adapted_tensor<Eigen::Ref<const Eigen::MatrixXf>&> &&
              !writable_tensor<Eigen::Ref<const Eigen::MatrixXf>&>);
static_assert(std::same_as<prefopt::scalar_of<const Eigen::ArrayXXd&>, double>);

// ---- what may be kept from a temporary, and what is no tensor at all

static_assert(!viewable_tensor<Eigen::MatrixXf> && !viewable_tensor<Eigen::Array4f>, "a temporary owner");
static_assert(!viewable_tensor<Eigen::Ref<const Eigen::MatrixXf>>, "it owns a copy where strides do not fit");
static_assert(viewable_tensor<Eigen::Map<Eigen::MatrixXf>> && viewable_tensor<Eigen::Ref<Eigen::MatrixXf>>);

template <class Expression>
constexpr bool no_tensor =
    !adapted_tensor<Expression> && !adapted_tensor<std::remove_reference_t<Expression>&>;
const Eigen::MatrixXf a, b;
static_assert(no_tensor<decltype(a + b)> && no_tensor<decltype(2 * a)> && no_tensor<decltype(-a)>);
static_assert(no_tensor<decltype(a * b)>, "an unevaluated product");
static_assert(no_tensor<decltype(a.array().exp())> && no_tensor<decltype(a.cwiseProduct(b))>);
static_assert(no_tensor<decltype((a + b).transpose())> && no_tensor<decltype((a + b).leftCols(1))>);
static_assert(no_tensor<decltype(Eigen::MatrixXf::Zero(2, 2))> && no_tensor<decltype(a.cast<double>())>);
static_assert(no_tensor<decltype(a.rowwise().sum())> && no_tensor<decltype(a.replicate(2, 2))>);
static_assert(no_tensor<Eigen::SparseMatrix<float>> && no_tensor<Eigen::DiagonalMatrix<float, 3>>);

static_assert(!std::convertible_to<const Eigen::MatrixXf&, tensor_ref<float>>);
static_assert(!std::convertible_to<Eigen::MatrixXf&, tensor_ref<const double>>);
static_assert(!std::convertible_to<Eigen::MatrixXf, tensor_ref<const float>>);
static_assert(std::convertible_to<Eigen::Map<const Eigen::MatrixXf>, tensor_ref<const float>>);

/// Element (i, j) holds 10 i + j.
template <class Tensor>
Tensor numbered(index rows, index columns) {
  Tensor tensor(rows, columns);
  for (index i = 0; i < rows; ++i)
    for (index j = 0; j < columns; ++j) tensor(i, j) = static_cast<typename Tensor::Scalar>(10 * i + j);
  return tensor;
}

/// Does the view show what Eigen itself shows?
template <class Dense>
bool same(const Dense& dense) {
  const auto view = prefopt::view(dense);
  if (view.rows != dense.rows() || view.columns != dense.cols()) return false;
  for (index i = 0; i < view.rows; ++i)
    for (index j = 0; j < view.columns; ++j)
      if (view(i, j) != dense.coeff(i, j)) return false;
  return true;
}

using fixed_row = Eigen::Matrix<float, 5, 4, Eigen::RowMajor>;

TEST_CASE_TEMPLATE("matrices_and_arrays_of_both_orders_are_seen_as_they_are", Dense, Eigen::MatrixXf,
                   row_major<double>, Eigen::ArrayXXd, fixed_row) {
  Dense tensor = numbered<Dense>(5, 4);
  CHECK(same(tensor));
  CHECK(same(tensor.block(1, 1, 3, 2)));
  CHECK(same(tensor.row(2)));
  CHECK(same(tensor.col(1)));
  CHECK(same(tensor.transpose()));
  CHECK(same(tensor.block(1, 1, 3, 2).transpose()));
  CHECK(same(tensor.matrix().block(1, 0, 4, 4).diagonal()));
  CHECK(same(tensor.topRows(0)));
  prefopt::view(tensor)(3, 2) = 99;
  CHECK(tensor(3, 2) == 99);
  prefopt::view(tensor.block(1, 1, 3, 2))(0, 1) = 98;
  CHECK(tensor(1, 2) == 98);
}

TEST_CASE_TEMPLATE("maps_with_strides_are_seen_as_they_are", Dense, Eigen::MatrixXf, row_major<float>) {
  std::vector<float> memory(100);
  for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<float>(i);
  CHECK(same(Eigen::Map<Dense>(memory.data(), 3, 4)));
  CHECK(same(Eigen::Map<const Dense>(memory.data(), 3, 4)));
  CHECK(same(Eigen::Map<Dense, 0, Eigen::OuterStride<>>(memory.data(), 3, 4, Eigen::OuterStride<>(9))));
  CHECK(same(Eigen::Map<Dense, 0, Eigen::InnerStride<>>(memory.data(), 3, 4, Eigen::InnerStride<>(2))));
  Eigen::Map<Dense, 0, any_stride> both(memory.data(), 3, 4, any_stride(20, 3));
  CHECK(same(both));
  CHECK(same(both.block(1, 1, 2, 2)));
  const Eigen::Map<Dense, 0, any_stride>& window = both;
  prefopt::view(window)(2, 1) = -1;
  CHECK(both(2, 1) == -1);
  Eigen::Ref<Dense, 0, any_stride> reference = both;
  CHECK(same(reference));
}

TEST_CASE("vectors_are_one_column_or_one_row") {
  Eigen::VectorXf column = Eigen::VectorXf::LinSpaced(5, 0, 4);
  Eigen::RowVectorXd row = Eigen::RowVectorXd::LinSpaced(5, 0, 4);
  CHECK(same(column));
  CHECK(same(row));
  CHECK(same(column.segment(1, 3)));
  CHECK(same(Eigen::Map<Eigen::VectorXf, 0, Eigen::InnerStride<2>>(column.data(), 3)));
  CHECK(same(column.head(4).reshaped(2, 2)));
}

TEST_CASE_TEMPLATE("storage_order_and_strides_do_not_change_a_result", Dense, Eigen::MatrixXf,
                   row_major<float>, Eigen::ArrayXXf) {
  const auto objective = prefopt::s_dpo({.beta = 0.5});
  const row_major<float> plain_policy = row_major<float>::Random(47, 32),
                         plain_reference = row_major<float>::Random(47, 32);
  row_major<float> expected(47, 32);
  const auto plain =
      prefopt::evaluate(objective, {.policy = plain_policy, .reference = plain_reference}, expected);

  const Dense policy = plain_policy, reference = plain_reference;
  Dense gradient(47, 32);
  const auto result = prefopt::evaluate(objective, {.policy = policy, .reference = reference}, gradient);
  CHECK(result.loss == doctest::Approx(plain.loss).epsilon(1e-6));  // sums run in another order
  CHECK(gradient.matrix().isApprox(expected, 1e-6f));

  Dense wide = Dense::Constant(49, 40, 5);
  const auto in_block =
      prefopt::evaluate(objective, {.policy = policy, .reference = reference}, wide.block(1, 3, 47, 32));
  CHECK(in_block.loss == doctest::Approx(plain.loss).epsilon(1e-6));
  CHECK(wide.block(1, 3, 47, 32).matrix().isApprox(expected, 1e-6f));
  CHECK((wide.matrix().array() == 5).count() == 49 * 40 - 47 * 32);
}

TEST_CASE("every_input_may_be_an_eigen_tensor") {
  const Eigen::MatrixXd policy = Eigen::MatrixXd::Random(6, 4), reference = Eigen::MatrixXd::Random(6, 4);
  const Eigen::VectorXd beta = Eigen::VectorXd::Constant(6, 0.5);
  const Eigen::RowVectorXd weights = Eigen::RowVectorXd::Constant(6, 2);
  const Eigen::VectorXi counts = Eigen::VectorXi::Constant(6, 3);
  Eigen::ArrayXd losses(6);
  Eigen::MatrixXd gradient(6, 4);
  const auto result = prefopt::evaluate(
      prefopt::dmpo(),
      {.policy = policy, .reference = reference, .counts = counts, .beta = beta, .weights = weights},
      gradient, {.losses = losses});
  CHECK(losses.mean() == doctest::Approx(result.loss).epsilon(1e-14));
  CHECK(gradient.rowwise().sum().cwiseAbs().maxCoeff() < 1e-15);
}

}  // namespace
