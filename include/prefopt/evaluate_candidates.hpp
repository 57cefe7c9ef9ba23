#pragma once

#include <prefopt/candidate_batch.hpp>
#include <prefopt/detail/candidates/call.hpp>

/// \file
/// `evaluate` from representations instead of scores.

namespace prefopt {

/// Loss and gradient of an objective whose scores are products of queries with candidates from a catalogue:
///
///     s_bk = ⟨q_b, e_{c_bk}⟩,  d loss / d q_b = Σ_k g_bk e_{c_bk},  d loss / d e_{c_bk} = g_bk q_b
///
///     auto result = prefopt::evaluate_candidates(prefopt::s_dpo(),
///         {.queries = q, .catalogue = e, .candidates = ids, .inputs = {.reference = r}}, {.queries = dq, .rows = de});
///
/// It is `evaluate` on slabs of a few examples: their scores, the slopes that take their place and the catalogue
/// rows they are made of never leave the L2 cache. Only an objective that looks at the whole batch before it
/// decides (β-DPO ...) is given all [B, N] scores at once.
///
/// \param objective a recipe or a composition of one's own, over raw scores
/// \param batch     vectors, candidate ids and what else the objective reads; see `candidate_batch`
/// \param gradient  of the queries, and of the catalogue as a row per candidate or per different item; see
///                  `candidate_gradient`
/// \param options   as those of `evaluate`; see `candidate_options`
/// \return what `evaluate` returns, and the number of different items
/// \throws invalid_argument as `evaluate` does, for items outside the catalogue, and for scores that are not
///         finite, unless `options.non_finite` says otherwise (gradients are half-written then).
///
/// The result is the same for any executor, which shares out the examples. Allocates only while its workspace grows.
/// O(B · N · d), at the speed at which memory brings rows from all over the catalogue.
template <class Scalar = float, any_objective Objective>
candidate_result evaluate_candidates(const Objective& objective, const candidate_batch<Scalar>& batch,
                                     const candidate_gradient<Scalar>& gradient = {},
                                     const candidate_options<Scalar, state_of<Objective>>& options = {}) {
  return detail::candidate_call<native_pack<Scalar>, Objective>(objective, batch, gradient, options).run();
}

}  // namespace prefopt
