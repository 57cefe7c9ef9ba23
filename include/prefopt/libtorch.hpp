#pragma once

#if defined(__CUDACC__)
#include <prefopt/libtorch/cuda.cuh>
#endif

#include <prefopt/libtorch/batch.hpp>
#include <prefopt/libtorch/draw.hpp>
#include <prefopt/libtorch/history.hpp>
#include <prefopt/libtorch/loss.hpp>
#include <prefopt/libtorch/options.hpp>
#include <prefopt/libtorch/popularity.hpp>
#include <prefopt/libtorch/sequence_log_prob.hpp>
#include <prefopt/libtorch/top_k.hpp>
#include <prefopt/libtorch/view.hpp>

/// \file
/// prefopt for LibTorch (1.13 and later): every objective as a loss under autograd, every sampler on tensors.
///
///     #include <torch/torch.h>
///     #include <prefopt/libtorch.hpp>
///     #include <prefopt/recipes.hpp>
///
///     auto loss = prefopt::libtorch::loss(prefopt::s_dpo({.beta = 1}), policy, reference);
///     loss.backward();
///
/// In a `.cu` file, tensors on a CUDA device take prefopt's kernels; include this header before prefopt's others there.
