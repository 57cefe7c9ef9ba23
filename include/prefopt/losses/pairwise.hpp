#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// φ(r_0 − r_1): one preferred item against exactly one rejected one.
/// \tparam Phi the cost of a margin: `value(row, margin)` and its derivative `slope(row, margin)`
template <class Phi>
struct pairwise {
  Phi phi{};

  static constexpr loss_traits traits{
      .candidates = rejected::one, .translation_invariant = true, .maps_and_reductions = true};

  void check() const {
    if constexpr (requires { phi.check(); }) phi.check();
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto r = row.rewards();
    auto margin = row.preferred(r) - row.sum(r, row.rejected());
    return with_gradient{phi.value(row, margin), [=, phi = phi] {
                           auto slope = phi.slope(row, margin);
                           return select(row.is_preferred(), slope, -slope);
                         }};
  }
};

}  // namespace prefopt::losses
