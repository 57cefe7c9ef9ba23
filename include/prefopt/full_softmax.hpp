#pragma once

#include <prefopt/detail/full_softmax/call.hpp>
#include <prefopt/full_softmax_batch.hpp>

/// \file
/// Cross-entropy over a whole catalogue, straight from representations: exact, and in megabytes.

namespace prefopt {

/// Loss and gradients of the softmax over all items, without ever holding the [B, V] scores:
///
///     ℓ_b = log Σ_v exp(⟨q_b, e_v⟩ / T) − ⟨q_b, e_target⟩ / T
///
///     auto result = prefopt::full_softmax({.queries = q, .catalogue = e, .targets = ids},
///                                         {.queries = dq, .catalogue = de});      // <double>: say so
///
/// It is what `evaluate(softmax(), ...)` computes on explicit scores. The catalogue is read twice: once for the
/// normalisers, and once more for the gradients, which come from the same scores, computed again (the idea of
/// Cut Cross-Entropy, Wijmans et al. 2024). Without a gradient once is enough.
///
/// Accuracy: every gradient entry is right to 1e-5 in float (1e-13 in double) of the sum of the absolute values
/// of its terms, and a loss to as much of itself, however many items there are and however far a target leads,
/// given the scores. The scores are sums of d products in `Scalar`; with representations so large that scores
/// reach ±1e3, those sums themselves are off by 1e-4, and probabilities relatively by as much.
/// Probabilities below the smallest normal number count as 0.
///
/// \tparam Pack    the lanes, which the compiler's flags decide: what others compile has another name
/// \param batch    queries [B, d], catalogue [V, d], targets [B], weights [B]; see `full_softmax_batch`
/// \param gradient [B, d] and [V, d], written densely, or added to; each may be left out
/// \param options  temperature, reduction, accumulation, per-example losses, executor, ...; see
///                 `full_softmax_options`
/// \return the loss, and how often the target came first
/// \throws invalid_argument naming the argument, what was expected and what was given: shapes that differ, a
///         target outside the catalogue, T ≤ 0, a component that is not finite (nothing is written then); scores
///         that overflow (gradients of earlier groups of examples may be written then).
///
/// O(B · V · d): four matrix products and two exponentials a score. One task takes about 1 MB of floats, whatever B
/// and V (for d up to 256; 10 MB at d = 4096); sharing the catalogue out takes some 20 MB more. Allocates only while
/// its workspace grows. The result is the same for any executor.
template <class Scalar = float, class Pack = native_pack<Scalar>>
full_softmax_result full_softmax(const full_softmax_batch<Scalar>& batch,
                                 const full_softmax_gradient<Scalar>& gradient = {},
                                 const full_softmax_options<Scalar>& options = {}) {
  thread_local detail::full_softmax_memory<Scalar> own;
  detail::full_softmax_memory<Scalar>& memory = options.workspace != nullptr ? *options.workspace : own;
  const auto plan = detail::make_full_softmax_plan(batch, gradient, options);
  return detail::run_full_softmax<Pack>(plan, options.executor, memory);
}

}  // namespace prefopt
