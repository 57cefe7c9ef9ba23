#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include <prefopt/tensor.hpp>

/// \file
/// Anything shaped like `std::mdspan` as a tensor: `std::mdspan` itself, Kokkos' and CUDA's, a class of the user's own; of
/// rank 1 (a column) or 2, of any strided layout (`layout_right`, `layout_left`, `layout_stride`, padded ones).
/// The class is recognised by its members, so no `<mdspan>` is included, and none is needed.
///
/// An accessor that does more than `pointer[offset]` (scales, conjugates, is atomic) is no tensor: its references are not
/// the scalars in memory. Neither is a layout without strides.

namespace prefopt {
namespace detail {

template <class Span>
concept mdspan_like = requires(const Span& span) {
  typename Span::layout_type;
  typename Span::accessor_type;
  requires std::same_as<typename Span::data_handle_type, typename Span::element_type*>;
  requires std::same_as<typename Span::reference, typename Span::element_type&>;
  requires std::same_as<std::remove_cvref_t<decltype(span.data_handle())>, typename Span::data_handle_type>;
  requires Span::rank() == 1 || Span::rank() == 2;
  requires Span::is_always_strided();
  { span.extent(0) } -> std::convertible_to<index>;
  { span.stride(0) } -> std::convertible_to<index>;
};

}  // namespace detail

template <detail::mdspan_like Span>
struct tensor_traits<Span> {
  static constexpr bool is_view = true;

  static constexpr auto view(const Span& span) {
    using view = matrix_view<typename Span::element_type>;
    const auto extent = [&](std::size_t i) { return static_cast<index>(span.extent(i)); };
    const auto stride = [&](std::size_t i) { return static_cast<index>(span.stride(i)); };
    if constexpr (Span::rank() == 1)
      return view{span.data_handle(), extent(0), 1, stride(0), 1};
    else
      return view{span.data_handle(), extent(0), extent(1), stride(0), stride(1)};
  }
};

}  // namespace prefopt
