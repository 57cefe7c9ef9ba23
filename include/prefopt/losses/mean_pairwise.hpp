#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// (1/K) Σ_k φ(r_0 − r_k): the preferred item against each rejected one on its own. With the logistic cost:
/// DPO with K negatives (Chen 2024, Table 2), BPR (Rendle 2009).
/// \tparam Phi the cost of a margin: `value(row, margin)` and its derivative `slope(row, margin)`
template <class Phi>
struct mean_pairwise {
  Phi phi{};

  static constexpr loss_traits traits{
      .candidates = rejected::several, .translation_invariant = true, .maps_and_reductions = true};

  void check() const {
    if constexpr (requires { phi.check(); }) phi.check();
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto r = row.rewards();
    auto margins = row.preferred(r) - r;
    auto [cost, pulls, pull] = costs_and_pulls(row, margins);
    auto share = 1 / row.count(row.rejected());
    return with_gradient{cost * share, [=, pulls = pulls, pull = pull] {
                           return share * select(row.is_preferred(), -pull, pulls);
                         }};
  }

 private:
  /// Σ φ(m), and the column −φ'(m) with its sum.
  PREFOPT_ANYWHERE auto costs_and_pulls(auto row, auto margins) const {
    if constexpr (requires { phi.costs_and_pulls(row, margins); })
      return phi.costs_and_pulls(row, margins);
    else
      return row.sum_and_keep(phi.value(row, margins), row.rejected(), -phi.slope(row, margins));
  }
};

}  // namespace prefopt::losses
