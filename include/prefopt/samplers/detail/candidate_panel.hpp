#pragma once

#include <bit>
#include <cstdint>

#include <prefopt/detail/matrix_kernel.hpp>
#include <prefopt/detail/transpose.hpp>
#include <prefopt/numeric/bfloat16.hpp>
#include <prefopt/numeric/pack.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// A few items of a catalogue, components down, so that a lane is an item.

namespace prefopt::detail {

/// A pack of contiguous components, as floats.
template <class T>
T load_components(const float* from) {
  return load_pack<float, lane_count<T>>(from);
}
template <class T>
T load_components(const bfloat16* from) {
  constexpr int lanes = lane_count<T>;
  T x;
  float widened[lanes];
  for (int i = 0; i < lanes; ++i) widened[i] = static_cast<float>(from[i]);
  __builtin_memcpy(&x, widened, sizeof x);
  return x;
}

/// The rows [first, first + width) of a catalogue as a panel [d, width] of floats; 0 beyond its end. `width` is a
/// multiple of the lanes.
template <class T, class Component>
class candidate_panel {
 public:
  candidate_panel(const matrix_view<const Component>& catalogue, index width, float* numbers)
      : catalogue_(catalogue), width_(width), numbers_(numbers) {}

  void load(index first) {
    const index whole = catalogue_.column_stride == 1 ? catalogue_.columns / lanes * lanes : 0;
    for (index j = 0; j < width_; j += lanes) {
      for (index k = 0; k < whole; k += lanes) load_square(first + j, j, k);
      for (index k = whole; k < catalogue_.columns; ++k)
        for (index i = j; i < j + lanes; ++i)
          numbers_[k * width_ + i] =
              first + i < catalogue_.rows ? static_cast<float>(catalogue_(first + i, k)) : 0.0f;
    }
  }

  /// Asks for the items [first, last) before they are needed.
  void prefetch(index first, index last) const {
    if (catalogue_.column_stride != 1) return;
    constexpr index line = 64 / static_cast<index>(sizeof(Component));
    for (index i = first; i < last && i < catalogue_.rows; ++i)
      for (index k = 0; k < catalogue_.columns; k += line) __builtin_prefetch(&catalogue_(i, k));
  }

  matrix_view<const float> view() const { return {numbers_, catalogue_.columns, width_, width_, 1}; }

 private:
  static constexpr int lanes = lane_count<T>;

  void load_square(index item, index column, index component) {
    T square[lanes];
    for (int i = 0; i < lanes; ++i)
      square[i] = item + i < catalogue_.rows ? load_components<T>(&catalogue_(item + i, component)) : T(0);
    if constexpr (lanes > 1) transpose(square);
    for (int i = 0; i < lanes; ++i) store_pack(square[i], numbers_ + (component + i) * width_ + column);
  }

  const matrix_view<const Component>& catalogue_;
  index width_;
  float* numbers_;
};

}  // namespace prefopt::detail
