#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// −log P(the preferred item ranks first) = log Σ_i e^{r_i} − r_0: S-DPO (Chen 2024, Eq. 11), InfoNCE,
/// sampled and full softmax cross-entropy. Gradient softmax(r) − e_0, which sums to 0.
struct softmax {
  static constexpr loss_traits traits{
      .candidates = rejected::several, .translation_invariant = true, .maps_and_reductions = true};

  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto r = row.rewards();
    auto top = row.max(r);
    auto weight = exp(r - top);
    auto [others, weights, unused] = row.sum_and_keep(weight, row.rejected(), weight);
    auto total = row.preferred(weights) + others;
    // Where the preferred item leads, 1 − softmax would cancel and log(total) round to 0; these forms keep every digit.
    auto leads = row.preferred(r) >= top;
    auto value = log1p(select(leads, others, total - 1)) + (top - row.preferred(r));
    return with_gradient{value, [=, others = others, weights = weights] {
                           return (1 / total) * select(row.is_preferred(), -others, weights);
                         }};
  }
};

}  // namespace prefopt::losses
