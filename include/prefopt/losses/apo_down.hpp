#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// σ(r_0) + σ(−(r_0 − r_1)): both items become less likely, the rejected one more so (APO-down, D'Oosterlinck 2024,
/// Eq. 8). For a model that is better than its data.
struct apo_down {
  static constexpr loss_traits traits{.candidates = rejected::one, .maps_and_reductions = true};

  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto r = row.rewards();
    auto preferred = row.preferred(r), margin = preferred - row.sum(r, row.rejected());
    return with_gradient{sigmoid(preferred) + sigmoid(-margin), [=] {
                           auto down = sigmoid(preferred) * sigmoid(-preferred);
                           auto apart = sigmoid(margin) * sigmoid(-margin);
                           return select(row.is_preferred(), down - apart, apart);
                         }};
  }
};

}  // namespace prefopt::losses
