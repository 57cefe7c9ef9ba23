#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// Noise contrastive alignment of a pair (NCA, Chen 2024, for two answers): absolute likelihoods, not only their gap,
///
///     softplus(−r_0) + ½ softplus(r_0) + ½ softplus(r_1)
struct noise_contrastive_pair {
  static constexpr loss_traits traits{.candidates = rejected::one, .maps_and_reductions = true};

  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto r = row.rewards();
    auto preferred = row.preferred(r), other = row.sum(r, row.rejected());
    auto half = row.number(0.5);
    auto value = softplus(-preferred) + half * (softplus(preferred) + softplus(other));
    return with_gradient{value, [=] {
                           auto slope = half * sigmoid(preferred) - sigmoid(-preferred);
                           return select(row.is_preferred(), slope, half * sigmoid(other));
                         }};
  }
};

}  // namespace prefopt::losses
