#pragma once

#if defined(__CUDACC__)
#include <prefopt/libtorch/cuda.cuh>
#endif

namespace prefopt::libtorch::detail {

/// The kernels of a translation unit that has none.
struct no_kernels {
  template <class Scalar, class Objective>
  static constexpr bool evaluate = false;
  static constexpr bool draw = false;
};

/// Those of this one. A template parameter of whatever depends on them: what nvcc compiles is then another function than
/// what the host's compiler does, in one program.
#if defined(__CUDACC__)
using kernels = cuda_kernels;
#else
using kernels = no_kernels;
#endif

}  // namespace prefopt::libtorch::detail
