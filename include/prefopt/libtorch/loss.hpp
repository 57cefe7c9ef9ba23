#pragma once

#include <string_view>
#include <type_traits>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/libtorch/batch.hpp>
#include <prefopt/libtorch/fused.hpp>
#include <prefopt/libtorch/generic.hpp>
#include <prefopt/libtorch/kernels_here.hpp>
#include <prefopt/libtorch/options.hpp>
#include <prefopt/libtorch/view.hpp>
#include <prefopt/numeric/bfloat16.hpp>
#include <prefopt/objective.hpp>

namespace prefopt::libtorch {

namespace detail {

template <class Reward>
concept log_ratio_reward = requires { requires bool(Reward::of_log_ratio); };

/// Whether the gradient by the reference is the negative of the one by the policy: every reward looks at the difference
/// of the two alone. (Selection and strength are constants to the gradient.)
template <class Objective>
inline constexpr bool sees_log_ratios = false;
template <class Loss, class Reward, class Strength, class Selection>
inline constexpr bool sees_log_ratios<objective<Loss, Reward, Strength, Selection>> =
    log_ratio_reward<Reward>;
template <class First, class Second>
inline constexpr bool sees_log_ratios<sum<First, Second>> = sees_log_ratios<First> && sees_log_ratios<Second>;

/// Whether some reward looks at the reference.
template <class Objective>
inline constexpr bool reads_reference = true;
template <class Loss, class Reward, class Strength, class Selection>
inline constexpr bool reads_reference<objective<Loss, Reward, Strength, Selection>> =
    !prefopt::detail::reference_free<Reward>;
template <class First, class Second>
inline constexpr bool reads_reference<sum<First, Second>> = reads_reference<First> || reads_reference<Second>;

inline bool wants_gradient(const at::Tensor& tensor) {
  return tensor.defined() && tensor.requires_grad() && at::GradMode::is_enabled();
}

/// A gradient that would silently be missing.
inline void check_constants(const batch& tensors) {
  if (!at::GradMode::is_enabled()) return;
  each_tensor_of_numbers(
      tensors, tensors, [&](std::string_view name, const at::Tensor& tensor, const at::Tensor&) {
        const bool differentiated =
            &tensor == &tensors.policy || &tensor == &tensors.scores || &tensor == &tensors.reference;
        require(differentiated || !tensor.defined() || !tensor.requires_grad(), here, name,
                " requires a gradient, but the policy and the reference alone get one: detach() it");
      });
}

/// Whether the tensors are where this translation unit has a kernel for what is asked.
template <class Kernels, class Scalar, class Objective>
bool kernels_take(const batch& tensors, const options<state_of<Objective>>& options) {
  if constexpr (Kernels::template evaluate<Scalar, Objective>)
    return Kernels::template take<Objective>(tensors, options);
  else
    return false;
}

/// The loss by a kernel. Statistics are numbers on the host: only who asks for them waits, for the generic path.
template <class Kernels, class Scalar, class Objective>
evaluated kernel_loss(const Objective& objective, const batch& tensors, at::TensorList inputs,
                      bool with_gradient, const options<state_of<Objective>>& options, bool with_statistics) {
  evaluated said;
  if constexpr (Kernels::template evaluate<Scalar, Objective>) {
    if (with_statistics) {
      const at::NoGradGuard constants;
      said.statistics =
          generic_evaluation<Scalar, Objective>(objective, tensors, options).run(true).statistics;
    }
    const known_loss known =
        Kernels::template run<Scalar>(objective, tensors, with_gradient, options.reduction);
    said.loss = with_gradient ? closed_form::apply(inputs, known) : known.loss;
  }
  return said;
}

/// \param with_statistics on a device false leaves them out, and what they cost
template <class Kernels, class Scalar, class Objective>
evaluated compute(const Objective& objective, const batch& tensors,
                  const options<state_of<Objective>>& options, bool with_statistics) {
  const at::Tensor& policy = policy_of(tensors);
  const bool by_reference = reads_reference<Objective> && wants_gradient(tensors.reference);
  const bool by_kernel = kernels_take<Kernels, Scalar, Objective>(tensors, options);
  const bool possible = (policy.is_cpu() || by_kernel) && (!by_reference || sees_log_ratios<Objective>);
  if (options.path == path::generic || (options.path == path::automatic && !possible))
    return generic_evaluation<Scalar, Objective>(objective, tensors, options).run(with_statistics);
  require(!by_reference || sees_log_ratios<Objective>, here,
          "reference requires a gradient, which the fused path does not have for this objective, expected "
          ".path = "
          "path::generic");
  const at::Tensor both[] = {policy, tensors.reference};
  const at::TensorList inputs(both, by_reference ? 2 : 1);
  const bool with_gradient = by_reference || wants_gradient(policy);
  if (by_kernel)
    return kernel_loss<Kernels, Scalar>(objective, tensors, inputs, with_gradient, options, with_statistics);
  // Not where nvcc compiles: its walk over 16 bits would be another function of the same name.
  if constexpr (std::is_same_v<Scalar, float> && std::is_same_v<Kernels, no_kernels>)
    if (is_stored_in_bfloat16(tensors))
      return fused_loss<bfloat16>(objective, tensors, inputs, with_gradient, options);
  return fused_loss<Scalar>(objective, tensors, inputs, with_gradient, options);
}

template <class Kernels, class Objective>
evaluated compute(const Objective& objective, const batch& tensors,
                  const options<state_of<Objective>>& options, bool with_statistics) {
  const at::Tensor& policy = policy_of(tensors);
  require(policy.defined(), here, "policy is undefined, expected [B, 1 + K] scores");
  check_constants(tensors);
  switch (policy.scalar_type()) {
    case at::kDouble:
      return compute<Kernels, double>(objective, tensors, options, with_statistics);
    case at::kFloat:
    case at::kHalf:
    case at::kBFloat16:
      return compute<Kernels, float>(objective, tensors, options, with_statistics);
    default:
      fail(here, "policy is of type ", c10::toString(policy.scalar_type()),
           ", expected Float, Double, Half or BFloat16");
  }
}

}  // namespace detail

/// Loss and statistics of an objective over a batch of tensors, differentiable by autograd.
///
///     auto [loss, statistics] = prefopt::libtorch::loss_and_statistics(objective, {.policy = p, .reference = r});
///     loss.backward();
///
/// CPU tensors take the fused path: one call of `prefopt::evaluate` computes loss and gradient, which the backward
/// multiplies by what comes in. Without anything that requires a gradient, under `torch::NoGradGuard` and in inference
/// mode, the gradient is not computed at all. float and double tensors are looked at where they are, whatever their
/// strides.
///
/// The generic path runs the objective over tensors, operator by operator, on any device; `create_graph` gives its second
/// derivatives. `path::automatic` takes it for other devices, and where the reference requires a gradient that the fused
/// path does not have (an objective with a reward that does not see policy − reference alone). What is decided over the
/// batch, or example by example (`boundary`, `hardest`), is decided on the host.
///
/// Where nvcc compiles, tensors on a CUDA device take a fused path, too: `cuda::evaluate`, for every `device_objective`, on
/// LibTorch's current stream and in memory of its allocator. `loss` then waits for nothing, and looks at no value: a score
/// that is not finite makes the loss NaN instead of an error, and β, lengths, counts and orders are taken as they come.
/// Statistics are numbers on the host, so `loss_and_statistics` waits: it runs the generic path once more for them, without
/// gradients. `non_finite::skip`, `reduction::weighted_mean`, marked false negatives and, for objectives with an order or a
/// selection, rows of more than 256 candidates take the generic path.
///
/// half and bfloat16 are computed in float, with a loss in float and gradients in their own types. bfloat16 scores on the
/// CPU (policy and reference alike; not where nvcc compiles) are looked at where they are, too, and the gradient is kept in 16
/// bits: a slope other than 1 comes after that rounding. half is converted as a whole.
/// Throws `invalid_argument` as `prefopt::evaluate` does, and for tensors of types and devices that do not fit.
template <any_objective Objective, class Kernels = detail::kernels>
evaluated loss_and_statistics(const Objective& objective, const batch& tensors,
                              const options<state_of<Objective>>& options = {}) {
  return detail::compute<Kernels>(objective, tensors, options, true);
}

/// The loss alone: a scalar, or [B] with `reduction::none`.
///
///     prefopt::libtorch::loss(objective, {.policy = p, .reference = r, .relevance = y}).backward();
template <any_objective Objective, class Kernels = detail::kernels>
at::Tensor loss(const Objective& objective, const batch& tensors,
                const options<state_of<Objective>>& options = {}) {
  return detail::compute<Kernels>(objective, tensors, options, false).loss;
}

/// The loss of what most objectives read.
///
///     prefopt::libtorch::loss(prefopt::s_dpo({.beta = 1}), policy, reference).backward();
///
/// \param policy    [B, 1 + K] log π, column 0 preferred
/// \param reference [B, 1 + K] log π_ref; undefined: uniform
template <any_objective Objective, class Kernels = detail::kernels>
at::Tensor loss(const Objective& objective, const at::Tensor& policy, const at::Tensor& reference = {},
                const options<state_of<Objective>>& options = {}) {
  return loss<Objective, Kernels>(objective, batch{.policy = policy, .reference = reference}, options);
}

}  // namespace prefopt::libtorch
