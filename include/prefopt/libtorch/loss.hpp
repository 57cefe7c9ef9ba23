#pragma once

#include <string_view>
#include <type_traits>

#include <ATen/ATen.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/libtorch/batch.hpp>
#include <prefopt/libtorch/fused.hpp>
#include <prefopt/libtorch/generic.hpp>
#include <prefopt/libtorch/options.hpp>
#include <prefopt/libtorch/view.hpp>
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

}  // namespace detail

namespace detail {

/// \param with_statistics on the generic path false leaves them out, and what they cost
template <class Scalar, class Objective>
evaluated compute(const Objective& objective, const batch& tensors,
                  const options<state_of<Objective>>& options, bool with_statistics) {
  const at::Tensor& policy = policy_of(tensors);
  const bool by_reference = reads_reference<Objective> && wants_gradient(tensors.reference);
  const bool possible = policy.is_cpu() && (!by_reference || sees_log_ratios<Objective>);
  if (options.path == path::generic || (options.path == path::automatic && !possible))
    return generic_evaluation<Scalar, Objective>(objective, tensors, options).run(with_statistics);
  require(!by_reference || sees_log_ratios<Objective>, here,
          "reference requires a gradient, which the fused path does not have for this objective, expected "
          ".path = "
          "path::generic");
  const at::Tensor both[] = {policy, tensors.reference};
  return fused_loss<Scalar>(objective, tensors, at::TensorList(both, by_reference ? 2 : 1),
                            by_reference || wants_gradient(policy), options);
}

template <class Objective>
evaluated compute(const Objective& objective, const batch& tensors,
                  const options<state_of<Objective>>& options, bool with_statistics) {
  const at::Tensor& policy = policy_of(tensors);
  require(policy.defined(), here, "policy is undefined, expected [B, 1 + K] scores");
  check_constants(tensors);
  switch (policy.scalar_type()) {
    case at::kDouble:
      return compute<double>(objective, tensors, options, with_statistics);
    case at::kFloat:
    case at::kHalf:
    case at::kBFloat16:
      return compute<float>(objective, tensors, options, with_statistics);
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
/// half and bfloat16 are computed in float, with a loss in float and gradients in their own types.
/// Throws `invalid_argument` as `prefopt::evaluate` does, and for tensors of types and devices that do not fit.
template <any_objective Objective>
evaluated loss_and_statistics(const Objective& objective, const batch& tensors,
                              const options<state_of<Objective>>& options = {}) {
  return detail::compute(objective, tensors, options, true);
}

/// The loss alone: a scalar, or [B] with `reduction::none`.
///
///     prefopt::libtorch::loss(objective, {.policy = p, .reference = r, .relevance = y}).backward();
template <any_objective Objective>
at::Tensor loss(const Objective& objective, const batch& tensors,
                const options<state_of<Objective>>& options = {}) {
  return detail::compute(objective, tensors, options, false).loss;
}

/// The loss of what most objectives read.
///
///     prefopt::libtorch::loss(prefopt::s_dpo({.beta = 1}), policy, reference).backward();
///
/// \param policy    [B, 1 + K] log π, column 0 preferred
/// \param reference [B, 1 + K] log π_ref; undefined: uniform
template <any_objective Objective>
at::Tensor loss(const Objective& objective, const at::Tensor& policy, const at::Tensor& reference = {},
                const options<state_of<Objective>>& options = {}) {
  return loss(objective, batch{.policy = policy, .reference = reference}, options);
}

}  // namespace prefopt::libtorch
