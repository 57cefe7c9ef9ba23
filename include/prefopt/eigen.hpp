#pragma once

#include <Eigen/Core>

#include <prefopt/tensor.hpp>

/// \file
/// Eigen as a tensor: `Matrix`, `Array`, `Map`, `Ref` and `Block` of either storage order, const or mutable,
/// of any stride. Expressions (`a + b`) have no storage and are not tensors: store them first.

namespace prefopt {
namespace detail {

template <class Dense>
concept eigen_storage = std::derived_from<Dense, Eigen::DenseBase<Dense>> &&
                        (int(Eigen::internal::traits<Dense>::Flags) & Eigen::DirectAccessBit) != 0;

/// Matrix and Array own their scalars; Map, Ref and Block do not.
template <class Dense>
concept eigen_owner = std::derived_from<Dense, Eigen::PlainObjectBase<Dense>>;

template <class Scalar, class Dense>
matrix_view<Scalar> eigen_view(Scalar* data, const Dense& dense) {
  const index inner = dense.innerStride(), outer = dense.outerStride();
  return {data, dense.rows(), dense.cols(), Dense::IsRowMajor ? outer : inner,
          Dense::IsRowMajor ? inner : outer};
}

}  // namespace detail

template <detail::eigen_storage Dense>
struct tensor_traits<Dense> {
  using scalar = typename Dense::Scalar;
  static constexpr bool is_view = !detail::eigen_owner<Dense>;
  static constexpr bool is_writable = (int(Eigen::internal::traits<Dense>::Flags) & Eigen::LvalueBit) != 0;

  static auto view(Dense& dense) {
    if constexpr (is_writable)
      return detail::eigen_view<scalar>(dense.data(), dense);
    else
      return detail::eigen_view<const scalar>(dense.data(), dense);
  }
  /// A const owner is read-only; a const window (`const Map<MatrixXf>`) still writes what it looks at.
  static auto view(const Dense& dense) {
    if constexpr (is_view && is_writable)
      return detail::eigen_view<scalar>(const_cast<Dense&>(dense).data(), dense);
    else
      return detail::eigen_view<const scalar>(dense.data(), dense);
  }
};

}  // namespace prefopt
