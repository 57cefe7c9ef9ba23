#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// log(1 + ε + Σ_k e^{r_k − r_0}): `softmax` with the ε that DynamicPO's code adds to its sum of exponentials; 0 is the
/// exact form. It bounds the loss from below by log(1 + ε) and leaves the gradients' sum 0.
struct floored_softmax {
  double epsilon = 0;  ///< ε ≥ 0

  static constexpr loss_traits traits{
      .candidates = rejected::several, .translation_invariant = true, .maps_and_reductions = true};

  void check() const {
    detail::require(epsilon >= 0 && epsilon < 1, "floored_softmax", "epsilon is ", epsilon,
                    ", expected a value in [0, 1)");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto r = row.rewards();
    auto top = row.max(r);
    auto weight = exp(r - top);
    auto [others, weights, unused] = row.sum_and_keep(weight, row.rejected(), weight);
    auto first = row.preferred(weights), surplus = first * row.number(epsilon);
    auto total = first + others + surplus;
    // Where the preferred item leads, its weight is 1, and log(total) would round to 0.
    auto leads = row.preferred(r) >= top;
    auto value = log1p(select(leads, others + surplus, total - 1)) + (top - row.preferred(r));
    return with_gradient{value, [=, others = others, weights = weights] {
                           return (1 / total) * select(row.is_preferred(), -others, weights);
                         }};
  }
};

}  // namespace prefopt::losses
