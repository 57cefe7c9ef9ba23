#pragma once

#include <cstdint>

#include <prefopt/detail/batch_facts.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::cuda {

namespace detail {

/// Rows of more candidates lie in memory, one row a block.
inline constexpr index longest_in_registers = 256;

}  // namespace detail

/// What a kernel reads and writes: the batch as windows on the device's memory, of which those that are absent have no
/// data. A plain value, passed to the kernel as it is.
template <class Scalar>
struct row_inputs : prefopt::detail::batch_facts, prefopt::detail::example_columns<Scalar> {
  matrix_view<const Scalar> policy{};                                      ///< [B, N · components]
  matrix_view<const Scalar> reference{}, relevance{}, lengths{}, log_q{};  ///< [B, N]
  matrix_view<const std::int32_t> order{};                                 ///< [B, N]
  matrix_view<const Scalar> decided{};                                     ///< [B, decisions]
  matrix_view<Scalar> observed{};                                          ///< [B, observations]
  matrix_view<Scalar> gradient{};                                          ///< [B, N · components]
  matrix_view<Scalar> losses{};                                            ///< [B]
  Scalar scale = 1;         ///< what the gradient of w_b ℓ_b is multiplied by
  bool accumulate = false;  ///< add to `gradient`
};

}  // namespace prefopt::cuda
