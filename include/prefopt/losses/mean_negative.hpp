#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// φ(r_0 − (1/K) Σ_k r_k): the preferred item against the mean rejected one. With the logistic cost: DMPO
/// (Bai 2024). Every rejected item gets the same gradient, however hard it is. \tparam Phi the cost of a
/// margin: `value(row, margin)` and its derivative `slope(row, margin)`
template <class Phi>
struct mean_negative {
  Phi phi{};

  static constexpr loss_traits traits{
      .candidates = rejected::several, .translation_invariant = true, .maps_and_reductions = true};

  void check() const {
    if constexpr (requires { phi.check(); }) phi.check();
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto r = row.rewards();
    auto margin = row.preferred(r) - row.mean(r, row.rejected());
    return with_gradient{phi.value(row, margin), [=, phi = phi] {
                           auto slope = phi.slope(row, margin);
                           return select(row.is_preferred(), slope, -slope / row.count(row.rejected()));
                         }};
  }
};

}  // namespace prefopt::losses
