#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <prefopt/cuda.cuh>
#include <prefopt/libtorch/batch.hpp>
#include <prefopt/libtorch/closed_form.hpp>
#include <prefopt/libtorch/fused.hpp>
#include <prefopt/libtorch/kernels.hpp>
#include <prefopt/libtorch/options.hpp>
#include <prefopt/libtorch/view.hpp>

/// \file
/// Tensors on a CUDA device, evaluated there by `cuda::evaluate`. `prefopt/libtorch.hpp` includes this where nvcc compiles.

namespace prefopt::libtorch::detail {

/// What a translation unit that nvcc compiles has beside the engine and the generic path.
struct cuda_kernels {
  template <class Scalar, class Objective>
  static constexpr bool evaluate = has_kernel<Scalar, Objective>();

  template <class Objective>
  static bool take(const batch& tensors, const options<state_of<Objective>>& options) {
    return policy_of(tensors).is_cuda() && kernel_does<Objective>(tensors, options);
  }

  /// Loss and gradient by one pass on LibTorch's current stream, in its memory. Waits for nothing.
  template <class Scalar, class Objective>
  static known_loss run(const Objective& objective, const batch& tensors, bool with_gradient,
                        reduction reduction) {
    const at::NoGradGuard constants;
    const at::Tensor& policy = policy_of(tensors);
    const c10::cuda::CUDAGuard device(policy.device());
    const auto view_here = [&](const at::Tensor& tensor, std::string_view name) {
      return libtorch::view<Scalar>(tensor, name, policy.device());
    };
    const engine_batch<Scalar> held(tensors);
    const prefopt::batch<Scalar> seen = held.see(policy.device());
    const auto empty = [&](at::IntArrayRef sizes) {
      return at::empty(sizes, at::device(policy.device()).dtype(c10::CppTypeToScalarType<Scalar>::value));
    };
    const bool by_row = reduction == reduction::none;
    known_loss known;
    cuda::options<Scalar> asked{.reduction = reduction};
    if (by_row) {
      known.loss = empty({policy.size(0)});
      asked.losses = view_here(known.loss, "losses");
    } else {
      known.loss = empty({});
      asked.loss = known.loss.data_ptr<Scalar>();
    }
    tensor_ref<Scalar> gradient;
    if (with_gradient) {
      known.gradient = empty(policy.sizes());
      gradient = view_here(known.gradient, "gradient");
    }
    const std::size_t room = cuda::workspace_size(policy.size(0), policy.dim() > 1 ? policy.size(1) : 1);
    const at::Tensor workspace = empty({static_cast<std::int64_t>(room)});
    cuda::evaluate(objective, seen, gradient, asked, workspace.data_ptr<Scalar>(),
                   c10::cuda::getCurrentCUDAStream());
    return known;
  }

  static constexpr bool draw = true;
  static bool draws_on(at::Device device) { return device.is_cuda(); }

  /// Fills [B, K] items on LibTorch's current stream. Waits for nothing.
  template <class Sampler>
  static void draw_rows(const Sampler& sampler, const at::Tensor& positives,
                        const cuda::history_rows& history, const samplers::draw_key& key,
                        const matrix_view<std::int32_t>& drawn) {
    const c10::cuda::CUDAGuard device(positives.device());
    cuda::draw(sampler, positives.data_ptr<std::int32_t>(), history, key, drawn, nullptr,
               c10::cuda::getCurrentCUDAStream());
  }
};

}  // namespace prefopt::libtorch::detail
