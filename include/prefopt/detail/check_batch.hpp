#pragma once

#include <cstdint>
#include <vector>

#include <prefopt/batch.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/traits.hpp>

/// \file
/// Everything `evaluate` refuses before it computes or writes anything.

namespace prefopt::detail {

inline constexpr std::string_view here = "evaluate";

template <class Scalar>
void check_same_shape(const tensor_ref<Scalar>& tensor, index rows, index columns, std::string_view name) {
  if (tensor)
    require(tensor->rows == rows && tensor->columns == columns, here, name, " is ",
            shape_text(tensor->rows, tensor->columns), ", expected ", shape_text(rows, columns),
            " (the shape of policy)");
}

inline void check_input(bool given, inputs one, inputs reads, inputs needs, std::string_view name) {
  require(!given || contains(reads, one), here, name, " is given, but this objective does not read it");
  require(given || !contains(needs, one), here, name, " is absent, but this objective needs it");
}

/// [B] numbers, each finite and above (or at) a bound.
template <class Scalar>
void check_positive(const tensor_ref<const Scalar>& values, index rows, bool zero_too,
                    std::string_view name) {
  if (!values) return;
  const auto column = as_column(*values, rows, here, name);
  for (index b = 0; b < rows; ++b) {
    const Scalar value = column(b, 0);
    const bool finite = value - value == 0;
    require(finite && (value > 0 || (zero_too && value == 0)), here, name, "[", b, "] is ",
            static_cast<double>(value),
            zero_too ? ", expected a finite value of at least 0" : ", expected a finite value above 0");
  }
}

inline void check_counts(const tensor_ref<const std::int32_t>& counts, index rows, index rejected) {
  if (!counts) return;
  const auto column = as_column(*counts, rows, here, "counts");
  for (index b = 0; b < rows; ++b)
    require(column(b, 0) >= 0 && column(b, 0) <= rejected, here, "counts[", b, "] is ", column(b, 0),
            ", expected a value in [0, ", rejected, "]");
}

/// Each row of `order` names every column once.
inline void check_order(const tensor_ref<const std::int32_t>& order, std::vector<index>& last_row_seen) {
  if (!order) return;
  last_row_seen.assign(static_cast<std::size_t>(order->columns), -1);
  for (index b = 0; b < order->rows; ++b)
    for (index k = 0; k < order->columns; ++k) {
      const std::int32_t column = (*order)(b, k);
      require(column >= 0 && column < order->columns, here, "order[", b, ", ", k, "] is ", column,
              ", expected a column in [0, ", order->columns, ")");
      index& last = last_row_seen[static_cast<std::size_t>(column)];
      require(last != b, here, "order[", b, ", ", k, "] is ", column, ", which this row already has");
      last = b;
    }
}

/// Can a loss with these traits work on N candidates?
inline void check_candidates(const losses::loss_traits& traits, index candidates) {
  using losses::rejected;
  if (traits.candidates == rejected::one)
    require(candidates == 2, here, "policy has ", candidates,
            " columns, expected 2: this objective compares the preferred item with one rejected item");
  if (traits.candidates == rejected::several)
    require(candidates >= 2, here, "policy has ", candidates,
            " column, expected at least 2: column 0 is the preferred item, the others are rejected");
}

}  // namespace prefopt::detail
