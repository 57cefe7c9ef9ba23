#pragma once

#include <array>
#include <cstddef>

/// \file
/// As much of C++23's std::mdspan as the example and its test use, for standard libraries that have none yet. The names and the meaning
/// are the standard's.

namespace small {

template <class Index, std::size_t Rank>
struct dextents {
  constexpr dextents(auto... extents) : values{static_cast<Index>(extents)...} {}
  static constexpr std::size_t rank() { return Rank; }
  constexpr Index extent(std::size_t i) const { return values[i]; }

  std::array<Index, Rank> values;
};

struct layout_right {  // the last index runs fastest: C's order
  template <class Extents>
  struct mapping {
    Extents extents;
    constexpr std::size_t stride(std::size_t i) const {
      std::size_t stride = 1;
      while (++i < Extents::rank()) stride *= static_cast<std::size_t>(extents.extent(i));
      return stride;
    }
  };
};

struct layout_left {  // the first index runs fastest: Fortran's order, and Kokkos' on a GPU
  template <class Extents>
  struct mapping {
    Extents extents;
    constexpr std::size_t stride(std::size_t i) const {
      std::size_t stride = 1;
      while (i-- > 0) stride *= static_cast<std::size_t>(extents.extent(i));
      return stride;
    }
  };
};

struct layout_stride {
  template <class Extents>
  struct mapping {
    Extents extents;
    std::array<std::size_t, Extents::rank()> strides;
    constexpr std::size_t stride(std::size_t i) const { return strides[i]; }
  };
};

template <class Element>
struct default_accessor {};

template <class Element, class Extents, class Layout = layout_right,
          class Accessor = default_accessor<Element>>
class mdspan {
 public:
  using element_type = Element;
  using data_handle_type = Element*;
  using reference = Element&;
  using layout_type = Layout;
  using accessor_type = Accessor;
  using mapping_type = typename Layout::template mapping<Extents>;

  constexpr mdspan(Element* data, auto... extents) : data_(data), mapping_{Extents(extents...)} {}
  constexpr mdspan(Element* data, const mapping_type& mapping) : data_(data), mapping_(mapping) {}

  static constexpr std::size_t rank() { return Extents::rank(); }
  static constexpr bool is_always_strided() { return true; }
  constexpr data_handle_type data_handle() const { return data_; }
  constexpr auto extent(std::size_t i) const { return mapping_.extents.extent(i); }
  constexpr std::size_t stride(std::size_t i) const { return mapping_.stride(i); }

 private:
  data_handle_type data_;
  mapping_type mapping_;
};

}  // namespace small
