#pragma once

#include <Eigen/Core>

#include <prefopt/tensor.hpp>

/// \file
/// Eigen as a tensor: `Matrix`, `Array`, `Map`, `Ref` and `Block` of either storage order, const or mutable,
/// of any stride. Expressions (`a + b`) have no storage and are not tensors: store them first.

namespace prefopt {
namespace detail {

/// Declared only: deduces the `DenseBase` that a type is, or derives from (`VectorBlock` is a `Block`).
template <class Dense>
void accept_dense(const Eigen::DenseBase<Dense>&);

template <class Dense>
concept eigen_storage = requires(const Dense& dense) { detail::accept_dense(dense); } &&
                        (int(Eigen::internal::traits<Dense>::Flags) & Eigen::DirectAccessBit) != 0;

template <class Dense>
inline constexpr bool is_read_only_ref = false;
template <class Dense, int Options, class Stride>
inline constexpr bool is_read_only_ref<Eigen::Ref<const Dense, Options, Stride>> = true;

/// Matrix and Array own their scalars, and a read-only Ref the copy it makes of what it cannot look at; Map,
/// Block and a mutable Ref own nothing.
template <class Dense>
concept eigen_owner = std::derived_from<Dense, Eigen::PlainObjectBase<Dense>> || is_read_only_ref<Dense>;

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
