#pragma once

#include <prefopt/detail/full_softmax/layout.hpp>
#include <prefopt/detail/full_softmax/memory.hpp>

namespace prefopt::detail {

/// A few queries, divided by the temperature, in the two orders in which they are multiplied: components down,
/// so that a lane is an example, for the scores; and as they came, for the gradient of the catalogue. Panels
/// are contiguous; places without an example, or without a component, hold 0.
template <class T>
class query_group {
 public:
  using scalar = scalar_t<T>;
  using layout_type = full_softmax_layout<T>;
  static constexpr index panel_size = layout_type::panel;

  query_group(const matrix_view<const scalar>& queries, double inverse_temperature, const layout_type& layout,
              full_softmax_memory<scalar>& memory)
      : count_(queries.rows),
        width_(queries.columns),
        padded_width_(layout.padded_width),
        columns_(memory.query_columns.take(padded_count() * width_, 0)),
        rows_(memory.query_rows.take(padded_count() * padded_width_, 0)) {
    for (index b = 0; b < count_; ++b)
      for (index k = 0; k < width_; ++k)
        set(b, k, static_cast<scalar>(static_cast<double>(queries(b, k)) * inverse_temperature));
  }

  index count() const { return count_; }
  index padded_count() const { return round_up(count_, padding<T>); }
  index panels() const { return (padded_count() + panel_size - 1) / panel_size; }
  /// How many examples a panel has place for.
  index panel_width(index panel) const { return smaller(panel_size, padded_count() - panel * panel_size); }

  /// [d, panel width]
  matrix_view<const scalar> columns(index panel) const {
    const index examples = panel_width(panel);
    return {columns_ + panel * panel_size * width_, width_, examples, examples, 1};
  }
  /// [panel width, padded d]
  matrix_view<const scalar> rows(index panel) const {
    return {rows_ + panel * panel_size * padded_width_, panel_width(panel), padded_width_, padded_width_, 1};
  }

  /// How many numbers a gradient of the group has, with its padding.
  index gradient_size() const { return padded_count() * padded_width_; }
  /// [padded d, panel width]: a panel of such a gradient, components down.
  template <class Number>
  matrix_view<Number> gradient_panel(Number* gradient, index panel) const {
    const index examples = panel_width(panel);
    return {gradient + panel * panel_size * padded_width_, padded_width_, examples, examples, 1};
  }

  /// Takes an example's query away: its scores are 0 from here on.
  void silence(index b) {
    for (index k = 0; k < width_; ++k) set(b, k, 0);
  }

 private:
  void set(index b, index k, scalar value) {
    const index panel = b / panel_size;
    columns_[panel * panel_size * width_ + k * panel_width(panel) + b % panel_size] = value;
    rows_[b * padded_width_ + k] = value;
  }

  index count_, width_, padded_width_;
  scalar* columns_;
  scalar* rows_;
};

}  // namespace prefopt::detail
