#pragma once

#include <cstdint>
#include <span>

#include <prefopt/error.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::references {

/// A reference that is a table of somebody else's: another model's log-probabilities, of every item in every context.
template <class Scalar>
struct external_table {
  tensor_ref<const Scalar> log_probabilities{};  ///< [contexts, V]

  /// Writes the batch's reference: out(b, k) = table(contexts[b], candidates(b, k)); 0 where a candidate is negative
  /// (masked).
  /// \param contexts   [B] rows of the table
  /// \param candidates [B, N] items
  /// \param out        [B, N]
  /// \throws invalid_argument for another shape, and for a row or an item that the table does not have
  void gather(std::span<const std::int32_t> contexts, const tensor_ref<const std::int32_t>& candidates,
              const tensor_ref<Scalar>& out) const {
    constexpr auto here = "external_table";
    detail::require(log_probabilities && candidates && out, here,
                    "an argument is absent, expected table, candidates ", "and out");
    const auto rows = static_cast<index>(contexts.size());
    for (const auto& [found_rows, found_columns, name] :
         {shape{candidates->rows, candidates->columns, "candidates"}, shape{out->rows, out->columns, "out"}})
      detail::require(found_rows == rows && found_columns == candidates->columns, here, name, " is ",
                      detail::shape_text(found_rows, found_columns), ", expected ",
                      detail::shape_text(rows, candidates->columns));
    for (index b = 0; b < rows; ++b) {
      const std::int32_t context = contexts[static_cast<std::size_t>(b)];
      detail::require(context >= 0 && context < log_probabilities->rows, here, "contexts[", b, "] is ",
                      context, ", expected a row in [0, ", log_probabilities->rows, ")");
      for (index k = 0; k < candidates->columns; ++k) {
        const std::int32_t item = (*candidates)(b, k);
        detail::require(item < log_probabilities->columns, here, "candidates[", b, ", ", k, "] is ", item,
                        ", expected an item in [0, ", log_probabilities->columns, ")");
        (*out)(b, k) = item < 0 ? Scalar(0) : (*log_probabilities)(context, item);
      }
    }
  }

 private:
  struct shape {
    index rows, columns;
    const char* name;
  };
};

}  // namespace prefopt::references
