#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// φ(r_0) + φ(−r_1): the preferred item's reward is to be high, the rejected item's low, each on its own. With the
/// logistic cost BCO without shift (Jung 2024), with the sigmoid APO-zero (D'Oosterlinck 2024, Eq. 7), with the squared
/// one SPPO (Wu 2024, Eq. 4.7).
/// \tparam Phi the cost of a margin: `value(row, margin)` and its derivative `slope(row, margin)`
template <class Phi>
struct absolute_pair {
  Phi phi{};

  static constexpr loss_traits traits{.candidates = rejected::one, .maps_and_reductions = true};

  void check() const {
    if constexpr (requires { phi.check(); }) phi.check();
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto r = row.rewards();
    auto high = row.preferred(r), low = -row.sum(r, row.rejected());
    return with_gradient{phi.value(row, high) + phi.value(row, low), [=, phi = phi] {
                           return select(row.is_preferred(), phi.slope(row, high), -phi.slope(row, low));
                         }};
  }
};

}  // namespace prefopt::losses
