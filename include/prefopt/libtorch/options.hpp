#pragma once

#include <cstddef>

#include <ATen/Parallel.h>

#include <prefopt/batch.hpp>

namespace prefopt::libtorch {

/// How a loss is computed. (Samplers: `draw` says what their paths are.)
enum class path {
  automatic,  ///< fused, where that can say the gradient that is asked for; else generic
  fused,  ///< one pass, the gradient in closed form, saved for the backward: first derivatives; on the CPU, and on CUDA
  ///< devices where nvcc compiles (see `libtorch::loss_and_statistics`)
  generic,  ///< the objective over tensors, LibTorch's operators one by one: any device, derivatives of any order
};

/// LibTorch's own threads (`at::set_num_threads`), where the file that includes this is compiled with OpenMP as LibTorch
/// is; otherwise the caller's alone.
inline executor threads() {
  return {.tasks = static_cast<std::size_t>(at::get_num_threads()),
          .parallel_for = [](std::size_t tasks, executor::body_type body, void*) {
            at::parallel_for(0, static_cast<std::int64_t>(tasks), 1,
                             [&](std::int64_t first, std::int64_t last) {
                               for (; first < last; ++first) body(static_cast<std::size_t>(first));
                             });
          }};
}

/// `prefopt::options`, as far as they concern a tensor that autograd differentiates.
template <class State = no_state>
struct options {
  prefopt::reduction reduction = prefopt::reduction::mean;  ///< none: the losses [B]
  prefopt::non_finite non_finite = prefopt::non_finite::raise;
  State* state = nullptr;  ///< running statistics, for objectives that keep some; updated by the call
  libtorch::path path = libtorch::path::automatic;
  prefopt::executor executor = threads();   ///< of the fused path
  prefopt::workspace* workspace = nullptr;  ///< of the fused path, but for bfloat16 scores
};

}  // namespace prefopt::libtorch
