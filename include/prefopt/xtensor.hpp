#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#if __has_include(<xtensor/containers/xtensor.hpp>)  // 0.26 and later
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/containers/xfixed.hpp>
#include <xtensor/containers/xtensor.hpp>
#include <xtensor/views/xstrided_view.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>
#endif

#include <prefopt/tensor.hpp>

/// \file
/// xtensor as a tensor: `xarray`, `xtensor`, `xtensor_fixed`, what `xt::adapt` makes of a buffer, and views of all of
/// them (`xt::view`, `xt::strided_view`, `xt::transpose`), of any layout and stride. Two dimensions are
/// `[rows, columns]`, one is a column; another number of them is refused, by the compiler where the type tells
/// it and by `invalid_argument` where it does not.
///
/// Lazy expressions (`a + b`, `xt::broadcast`, views through `xt::keep` and `xt::drop`, `xt::reshape_view`) have no storage to look at. They do
/// not compile, with a message that says so: store them first (`xt::eval`).
///
/// Constness is xtensor's own: a const view shows const scalars.

namespace prefopt {
namespace detail {

template <class Tensor>
void accept_xexpression(const xt::xexpression<Tensor>&);

template <class Tensor>
concept xtensor_expression = requires(const Tensor& tensor) { detail::accept_xexpression(tensor); };

/// Its scalars lie in memory at strides. `storage()` is asked, not `data()`, which views of expressions have as well,
/// and which is ill-formed in adaptors of const buffers.
template <class Tensor>
concept xtensor_storage = requires(Tensor& tensor) {
  requires std::same_as<std::remove_cvref_t<decltype(*tensor.storage().data())>, typename Tensor::value_type>;
  tensor.data_offset();
  tensor.strides();
};

/// Does a tensor own its scalars? A view or an adaptor does if it has swallowed what it looks at: xtensor keeps a
/// reference to an lvalue, and the temporary itself.
template <class Held>
inline constexpr bool xtensor_owns = true;
template <class Held>
inline constexpr bool xtensor_owns<Held&> = false;
template <class Pointer, class Allocator>
inline constexpr bool xtensor_owns<xt::xbuffer_adaptor<Pointer, xt::no_ownership, Allocator>> = false;
template <class Held, class... Slices>
inline constexpr bool xtensor_owns<xt::xview<Held, Slices...>> = xtensor_owns<Held>;
template <class Held, class Shape, xt::layout_type Layout, class Storage>
inline constexpr bool xtensor_owns<xt::xstrided_view<Held, Shape, Layout, Storage>> = xtensor_owns<Held>;
template <class Held, xt::layout_type Layout, class Shape, class Tag>
inline constexpr bool xtensor_owns<xt::xarray_adaptor<Held, Layout, Shape, Tag>> = xtensor_owns<Held>;
template <class Held, std::size_t Rank, xt::layout_type Layout, class Tag>
inline constexpr bool xtensor_owns<xt::xtensor_adaptor<Held, Rank, Layout, Tag>> = xtensor_owns<Held>;
template <class Held, std::size_t Rank, xt::layout_type Layout, class Tag>
inline constexpr bool xtensor_owns<xt::xtensor_view<Held, Rank, Layout, Tag>> = xtensor_owns<Held>;
template <class Held, class Shape, xt::layout_type Layout, bool Sharable, class Tag>
inline constexpr bool xtensor_owns<xt::xfixed_adaptor<Held, Shape, Layout, Sharable, Tag>> =
    xtensor_owns<Held>;

/// A number of dimensions that the type tells; otherwise it is known when the program runs.
template <class Shape>
constexpr bool may_be_matrix() {
  if constexpr (requires { std::tuple_size<Shape>::value; })
    return std::tuple_size_v<Shape> == 1 || std::tuple_size_v<Shape> == 2;
  else
    return true;
}

template <class Tensor>
auto xtensor_view(Tensor& tensor) {
  static_assert(may_be_matrix<typename Tensor::shape_type>(),
                "prefopt: this xtensor has neither one dimension nor two: take a view (xt::view) of it");
  const std::size_t dimension = tensor.dimension();
  require(dimension == 1 || dimension == 2, "xtensor", "a tensor has ", dimension,
          " dimensions, expected 1 or 2");
  const auto extent = [&](std::size_t i) { return static_cast<index>(tensor.shape()[i]); };
  const auto stride = [&](std::size_t i) { return static_cast<index>(tensor.strides()[i]); };
  auto* const data = tensor.storage().data() + tensor.data_offset();
  using view = matrix_view<std::remove_pointer_t<std::remove_const_t<decltype(data)>>>;
  if (dimension == 1) return view{data, extent(0), 1, stride(0), 1};
  return view{data, extent(0), extent(1), stride(0), stride(1)};
}

}  // namespace detail

template <detail::xtensor_expression Tensor>
  requires detail::xtensor_storage<Tensor>
struct tensor_traits<Tensor> {
  static constexpr bool is_view = !detail::xtensor_owns<Tensor>;

  static auto view(Tensor& tensor) { return detail::xtensor_view(tensor); }
  static auto view(const Tensor& tensor) { return detail::xtensor_view(tensor); }
};

/// Says why a lazy expression is no tensor, as soon as somebody wants to see one.
template <detail::xtensor_expression Expression>
struct tensor_traits<Expression> {
  static constexpr bool is_view = true;

  static matrix_view<typename Expression::value_type> view(const Expression&) {
    static_assert(detail::xtensor_storage<Expression>,
                  "prefopt: this xtensor expression is lazy, it has no storage to look at: store it first "
                  "(xt::eval, or assign it to an xt::xtensor)");
    return {};
  }
};

}  // namespace prefopt
