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

/// One pass: nothing that is decided over the batch, for which somebody has to wait. Scores, not vectors.
template <class Scalar, class Objective>
constexpr bool has_kernel() {
  if constexpr (cuda::device_objective<Objective>) {
    constexpr cuda::row_reading reading = cuda::detail::reading_of<Objective>;
    using row = cuda::team_row<Scalar, cuda::single_thread, 2, reading>;
    return prefopt::detail::batch_step<Objective>::observations == 0 && !reading.vectors &&
           prefopt::detail::closed_forms<Objective, row>;
  } else {
    return false;
  }
}

/// Whether the kernels do what is asked for. They add up no weights, leave no example out and have nothing to say about
/// marked false negatives.
template <class Objective>
bool kernel_does(const batch& tensors, const options<state_of<Objective>>& options) {
  const at::Tensor& policy = policy_of(tensors);
  const bool fits = cuda::detail::keeps_nothing<Objective> || policy.dim() < 2 ||
                    policy.size(1) <= cuda::detail::longest_in_registers;
  return fits && options.reduction != reduction::weighted_mean && options.non_finite != non_finite::skip &&
         !tensors.false_negatives.defined();
}

}  // namespace prefopt::libtorch::detail
