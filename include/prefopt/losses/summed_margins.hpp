#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// φ(Σ_k (r_0 − r_k)): the preferred item against all rejected ones at once. With the logistic cost and probabilities as
/// rewards: MPPO (Xie 2025, Eq. 10). K = 1 is `pairwise`.
/// \tparam Phi the cost of a margin: `value(row, margin)` and its derivative `slope(row, margin)`
template <class Phi>
struct summed_margins {
  Phi phi{};

  static constexpr loss_traits traits{
      .candidates = rejected::several, .translation_invariant = true, .maps_and_reductions = true};

  void check() const {
    if constexpr (requires { phi.check(); }) phi.check();
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto r = row.rewards();
    auto margin = row.count(row.rejected()) * row.preferred(r) - row.sum(r, row.rejected());
    return with_gradient{phi.value(row, margin), [=, phi = phi] {
                           auto slope = phi.slope(row, margin);
                           return select(row.is_preferred(), row.count(row.rejected()) * slope, -slope);
                         }};
  }
};

}  // namespace prefopt::losses
