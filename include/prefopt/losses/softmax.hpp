#pragma once

#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// −log P(the preferred item ranks first) = log Σ_i e^{r_i} − r_0: S-DPO (Chen 2024, Eq. 11), InfoNCE,
/// sampled and full softmax cross-entropy. Gradient softmax(r) − e_0, which sums to 0.
struct softmax {
  static constexpr loss_traits traits{.candidates = rejected::several, .translation_invariant = true};

  auto operator()(auto row) const {
    const auto r = row.rewards();
    const auto top = row.max(r);
    const auto weights = row.keep(exp(r - top));
    const auto preferred = row.preferred(weights);
    const auto others = row.sum(weights, row.rejected());
    const auto total = preferred + others;
    // Where the preferred item leads, 1 − softmax would cancel and log(total) round to 0; these forms keep
    // every digit.
    const auto leads = row.preferred(r) >= top;
    const auto value = select(leads, log1p(others), log(total) + (top - row.preferred(r)));
    return with_gradient{value, [=] {
                           const auto share = 1 / total;
                           return select(row.is_preferred(), -others * share, weights * share);
                         }};
  }
};

}  // namespace prefopt::losses
