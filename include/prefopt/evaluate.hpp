#pragma once

#include <type_traits>
#include <utility>

#include <prefopt/batch.hpp>
#include <prefopt/detail/check_batch.hpp>
#include <prefopt/detail/evaluation.hpp>
#include <prefopt/detail/narrow_call.hpp>
#include <prefopt/objective.hpp>

namespace prefopt {

/// The statistics that an objective keeps between batches (β-DPO's running mean ...), or `no_state`.
template <class Objective>
using state_of = typename detail::batch_step<std::remove_cvref_t<Objective>>::state;

namespace detail {

template <class Objective, class Scalar, wanted Wanted = wanted::everything>
result run_evaluation(const Objective& objective, const batch<Scalar>& batch,
                      const tensor_ref<Scalar>& gradient,
                      const options<computed_t<Scalar>, state_of<Objective>>& options) {
  if constexpr (narrow_number<Scalar>)
    return narrow_call<Scalar, Objective, Wanted>(objective, batch, gradient, options).run();
  else
    return evaluation<native_pack<Scalar>, Objective, default_differentiator<native_pack<Scalar>>,
                      gradient_source::closed_form, Wanted>(objective, batch, gradient, options)
        .run();
}

}  // namespace detail

/// Loss and gradient of an objective over a batch.
///
///     auto result = prefopt::evaluate(prefopt::s_dpo({.beta = 1}), {.policy = p, .reference = r}, gradient);
///
/// \param objective a recipe (`prefopt/recipes.hpp`) or a composition of one's own
/// \param batch     policy [B, N] and what else the objective reads; see `prefopt::batch`
/// \param gradient  [B, N], receives d loss / d policy; may be the policy's own tensor. 0 for masked
/// candidates. \param options   reduction, accumulation, per-example losses, executor, ...; see
/// `prefopt::options` \return loss and the statistics people plot; see `prefopt::result` \throws
/// invalid_argument naming the argument, what was expected and what was given: shapes that differ, no
/// rejected
///         item, β ≤ 0, an order that is no permutation, inputs the objective needs or does not read (nothing
///         is written then); a non-finite score, unless `options.non_finite` says otherwise.
///
/// Rows without an unmasked rejected item have loss and gradient 0 under every objective that compares. The
/// result is the same for any executor. Allocates only while its workspace grows. O(B · N) for maps,
/// reductions and scans.
///
/// Scores and gradient may be narrow numbers (`bfloat16`, `half`, `_Float16`, a tensor library's own): all is computed in
/// float, and each gradient rounded once. Such a call takes no `options.workspace`.
template <any_objective Objective, class Gradient>
  requires writable_tensor<Gradient>
result evaluate(const Objective& objective, const batch<scalar_of<Gradient>>& batch, Gradient&& gradient,
                const options<computed_t<scalar_of<Gradient>>, state_of<Objective>>& options = {}) {
  return detail::run_evaluation<Objective, scalar_of<Gradient>>(objective, batch, gradient, options);
}

/// The loss and the statistics alone.
template <any_objective Objective, class Scalar>
result evaluate(const Objective& objective, const batch<Scalar>& batch,
                const std::type_identity_t<options<computed_t<Scalar>, state_of<Objective>>>& options = {}) {
  return detail::run_evaluation<Objective, Scalar>(objective, batch, {}, options);
}

}  // namespace prefopt
