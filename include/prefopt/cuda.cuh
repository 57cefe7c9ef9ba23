#pragma once

/// \file
/// prefopt on CUDA devices, for nvcc 12 and later: `cuda::evaluate`, loss and gradient in one pass from the same objectives
/// as on the host, and `cuda::draw`, the same negatives as the host's samplers draw. Header-only; `-std=c++20` is the only
/// flag. Include this header before other headers of prefopt: nvcc then keeps remarks on calls it never makes to itself. What
/// the host evaluates belongs in `.cpp` files: nvcc's front end knows no vectors, and a `.cu` file's packs have one lane.

#pragma nv_diagnostic push
#pragma nv_diag_suppress 554, 20011, 20013, 20014, 20015
#include <prefopt/cuda/evaluate.cuh>
#include <prefopt/cuda/samplers.cuh>
#include <prefopt/recipes.hpp>
#pragma nv_diagnostic pop
