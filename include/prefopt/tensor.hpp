#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>

/// \file
/// How prefopt sees a tensor: a strided `[rows, columns]` view of scalars that somebody else owns.
///
/// One customisation point, `tensor_traits<Tensor>`, teaches the library a new tensor class. The core knows
/// `matrix_view` itself, `std::span` and `std::vector` (as a column of `size()` rows; with extents through
/// `as_matrix`), and raw pointers with strides (write the `matrix_view`). Every ecosystem is one more header
/// (`prefopt/eigen.hpp`, ...), and a class of the user's own is about ten lines:
///
///     template <>
///     struct prefopt::tensor_traits<my::grid> {
///       static auto view(my::grid& g) {
///         return prefopt::matrix_view<float>{g.data(), g.height(), g.width(), g.pitch(), 1};
///       }
///       static auto view(const my::grid& g) {
///         return prefopt::matrix_view<const float>{g.data(), g.height(), g.width(), g.pitch(), 1};
///       }
///     };

namespace prefopt {

using index = std::ptrdiff_t;

/// A `[rows, columns]` window on scalars owned by someone else. Strides count scalars, may be zero or
/// negative, and element (i, j) lies at `data[i * row_stride + j * column_stride]`. Copying copies the
/// window.
template <class Scalar>
struct matrix_view {
  using scalar = std::remove_const_t<Scalar>;

  Scalar* data = nullptr;
  index rows = 0;
  index columns = 0;
  index row_stride = 0;
  index column_stride = 1;

  PREFOPT_ANYWHERE constexpr Scalar& operator()(index i, index j) const {
    return data[i * row_stride + j * column_stride];
  }
  constexpr index size() const { return rows * columns; }
  constexpr matrix_view block(index first_row, index row_count) const {
    return {data + first_row * row_stride, row_count, columns, row_stride, column_stride};
  }
  constexpr operator matrix_view<const Scalar>() const
    requires(!std::is_const_v<Scalar>)
  {
    return {data, rows, columns, row_stride, column_stride};
  }
};

/// The customisation point. A specialisation provides
///
///     static matrix_view<S>       view(Tensor&);         // for tensors that can be written
///     static matrix_view<const S> view(const Tensor&);   // for tensors that can be read
///     static constexpr bool is_view = true;              // optional: a temporary of it may be kept, it owns
///     nothing
template <class Tensor>
struct tensor_traits {};

namespace detail {

template <class View>
inline constexpr bool is_matrix_view = false;
template <class Scalar>
inline constexpr bool is_matrix_view<matrix_view<Scalar>> = true;

template <class Tensor>
concept declares_view = requires { requires bool(tensor_traits<std::remove_cvref_t<Tensor>>::is_view); };

}  // namespace detail

/// A type for which `tensor_traits` is specialised. If the compiler says that your tensor does not satisfy
/// `adapted_tensor`, include the adaptor (`prefopt/eigen.hpp`, ...) or specialise `prefopt::tensor_traits`
/// for it; an unevaluated expression (`a + b`) has to be stored in a tensor first.
template <class Tensor>
concept adapted_tensor = requires(std::remove_reference_t<Tensor>& tensor) {
  requires detail::is_matrix_view<decltype(tensor_traits<std::remove_cvref_t<Tensor>>::view(tensor))>;
};

/// Sees `tensor` as a matrix. The view is valid as long as the tensor's storage is.
template <adapted_tensor Tensor>
constexpr auto view(Tensor&& tensor) {
  return tensor_traits<std::remove_cvref_t<Tensor>>::view(tensor);
}

/// The scalar type of an adapted tensor.
template <adapted_tensor Tensor>
using scalar_of = typename decltype(prefopt::view(std::declval<std::remove_reference_t<Tensor>&>()))::scalar;

/// A temporary may be seen for longer than its own expression only if it owns nothing.
template <class Tensor>
concept viewable_tensor =
    adapted_tensor<Tensor> && (std::is_lvalue_reference_v<Tensor> || detail::declares_view<Tensor>);

/// Adapted, and its scalars can be written.
template <class Tensor>
concept writable_tensor =
    viewable_tensor<Tensor> &&
    !std::is_const_v<std::remove_pointer_t<
        decltype(prefopt::view(std::declval<std::remove_reference_t<Tensor>&>()).data)>>;

template <class Scalar>
struct tensor_traits<matrix_view<Scalar>> {
  static constexpr bool is_view = true;
  static constexpr matrix_view<Scalar> view(const matrix_view<Scalar>& tensor) { return tensor; }
};

/// One value per row: `[size, 1]`.
template <class Scalar, std::size_t Extent>
struct tensor_traits<std::span<Scalar, Extent>> {
  static constexpr bool is_view = true;
  static constexpr matrix_view<Scalar> view(std::span<Scalar, Extent> values) {
    return {values.data(), static_cast<index>(values.size()), 1, 1, 1};
  }
};

/// One value per row: `[size, 1]`. (The bits of `std::vector<bool>` have no address.)
template <class Scalar, class Allocator>
  requires(!std::same_as<Scalar, bool>)
struct tensor_traits<std::vector<Scalar, Allocator>> {
  static constexpr matrix_view<Scalar> view(std::vector<Scalar, Allocator>& values) {
    return {values.data(), static_cast<index>(values.size()), 1, 1, 1};
  }
  static constexpr matrix_view<const Scalar> view(const std::vector<Scalar, Allocator>& values) {
    return {values.data(), static_cast<index>(values.size()), 1, 1, 1};
  }
};

/// Row-major `[rows, columns]` view of contiguous values (`std::vector`, `std::span`, an array).
/// Throws `invalid_argument` unless there are exactly rows * columns of them. Takes no temporary that owns
/// its values.
template <class Values>
  requires(std::is_lvalue_reference_v<Values> || detail::declares_view<Values>) &&
          requires(Values& values) { std::span(values); }
constexpr auto as_matrix(Values&& values, index rows, index columns) {
  const std::span all(values);
  detail::require(rows >= 0 && columns >= 0 && static_cast<index>(all.size()) == rows * columns, "as_matrix",
                  "values has ", all.size(), " elements, expected rows * columns = ", rows, " * ", columns);
  return matrix_view<typename decltype(all)::element_type>{all.data(), rows, columns, columns, 1};
}

/// What a function parameter or an aggregate member holds to accept any tensor of scalars `Scalar` (reads it
/// if `Scalar` is const, writes it otherwise). Default-constructed: absent. Non-owning.
template <class Scalar>
class tensor_ref {
 public:
  constexpr tensor_ref() = default;

  template <viewable_tensor Tensor>
    requires(!std::same_as<std::remove_cvref_t<Tensor>, tensor_ref>) &&
                std::convertible_to<decltype(prefopt::view(std::declval<std::remove_reference_t<Tensor>&>())),
                                    matrix_view<Scalar>>
  constexpr tensor_ref(Tensor&& tensor) : view_(prefopt::view(tensor)), given_(true) {}

  constexpr explicit operator bool() const { return given_; }
  constexpr const matrix_view<Scalar>& operator*() const { return view_; }
  constexpr const matrix_view<Scalar>* operator->() const { return &view_; }

 private:
  matrix_view<Scalar> view_{};
  bool given_ = false;
};

namespace detail {

/// A `[n]` argument may come as a column or as a row; returns it as a column, or throws naming it.
template <class Scalar>
matrix_view<Scalar> as_column(const matrix_view<Scalar>& values, index expected, std::string_view where,
                              std::string_view name) {
  if (values.rows == expected && values.columns == 1) return values;
  if (values.columns == expected && values.rows == 1)
    return {values.data, expected, 1, values.column_stride, values.row_stride};
  fail(where, name, " is ", shape_text(values.rows, values.columns), ", expected [", expected, "]");
}

}  // namespace detail
}  // namespace prefopt
