#pragma once

#include <cstdint>

#include <ATen/ATen.h>

#include <prefopt/cuda/run_row.hpp>
#include <prefopt/cuda/team_row.hpp>
#include <prefopt/detail/term.hpp>
#include <prefopt/libtorch/batch.hpp>
#include <prefopt/libtorch/options.hpp>
#include <prefopt/objective.hpp>

/// \file
/// Which losses the kernels of `prefopt/cuda.cuh` compute for tensors.

namespace prefopt::libtorch::detail {

/// Rows of an objective with an order or a selection have to fit into registers.
inline constexpr std::int64_t longest_ordered_row = 256;

template <class Scalar, class Objective>
constexpr bool has_kernel() {
  if constexpr (cuda::device_objective<Objective>)
    return prefopt::detail::closed_forms<
        Objective, cuda::team_row<Scalar, cuda::single_thread, 2, cuda::detail::reads_an_order<Objective>>>;
  else
    return false;
}

/// Whether the kernels do what is asked for. They add up no weights, leave no example out and have nothing to say about
/// marked false negatives.
template <class Objective>
bool kernel_does(const batch& tensors, const options<state_of<Objective>>& options) {
  const at::Tensor& policy = policy_of(tensors);
  const bool fits =
      cuda::detail::keeps_nothing<Objective> || policy.dim() < 2 || policy.size(1) <= longest_ordered_row;
  return fits && options.reduction != reduction::weighted_mean && options.non_finite != non_finite::skip &&
         !tensors.false_negatives.defined();
}

}  // namespace prefopt::libtorch::detail
