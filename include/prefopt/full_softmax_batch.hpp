#pragma once

#include <cstdint>

#include <prefopt/batch.hpp>
#include <prefopt/detail/full_softmax/memory.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// What goes into `full_softmax` and what comes out of it.

namespace prefopt {

/// B queries against a catalogue of V items, as vectors of d components. Nothing is copied: the tensors must
/// outlive the call.
template <class Scalar>
struct full_softmax_batch {
  tensor_ref<const Scalar> queries{};        ///< [B, d]
  tensor_ref<const Scalar> catalogue{};      ///< [V, d]
  tensor_ref<const std::int32_t> targets{};  ///< [B] the preferred item of each query, in 0 ... V − 1
  tensor_ref<const Scalar> weights{};        ///< [B] weights ≥ 0 of the examples; absent: 1
};

/// Where the gradients go; an absent one is not computed. They may not share memory with the batch.
template <class Scalar>
struct full_softmax_gradient {
  tensor_ref<Scalar> queries{};    ///< [B, d] receives d loss / d queries
  tensor_ref<Scalar> catalogue{};  ///< [V, d] receives d loss / d catalogue, every row of it
};

/// Memory that `full_softmax` reuses from call to call: it grows with the first calls and allocates nothing
/// afterwards. One at a time may use it. Without one, `full_softmax` keeps its own for each calling thread.
template <class Scalar>
class full_softmax_workspace : public detail::full_softmax_memory<Scalar> {};

template <class Scalar>
struct full_softmax_options {
  double temperature = 1;  ///< T > 0, divides the scores
  prefopt::reduction reduction = prefopt::reduction::mean;
  bool accumulate = false;      ///< add to the gradients instead of overwriting them
  double gradient_scale = 1;    ///< multiplies the gradients: what a larger objective makes of this loss
  tensor_ref<Scalar> losses{};  ///< [B] receives w_b ℓ_b, whatever the reduction
  /// What happens to a query that is not finite, or whose scores overflow. The catalogue has to be finite,
  /// unless that is to `propagate`.
  prefopt::non_finite non_finite = prefopt::non_finite::raise;
  prefopt::executor executor{};  ///< who runs the pieces; the result does not depend on it
  full_softmax_workspace<Scalar>* workspace = nullptr;  ///< absent: one of the calling thread's own
};

struct full_softmax_result {
  double loss = 0;
  double accuracy = 0;  ///< share of the examples whose target scores above every other item
  index examples = 0;   ///< examples that `accuracy` runs over
  index skipped = 0;    ///< examples left out because a score was not finite
};

}  // namespace prefopt
