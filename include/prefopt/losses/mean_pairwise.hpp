#pragma once

#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// (1/K) Σ_k φ(r_0 − r_k): the preferred item against each rejected one on its own. With the logistic cost:
/// DPO with K negatives (Chen 2024, Table 2), BPR (Rendle 2009).
/// \tparam Phi the cost of a margin: `value(row, margin)` and its derivative `slope(row, margin)`
template <class Phi>
struct mean_pairwise {
  Phi phi{};

  static constexpr loss_traits traits{.candidates = rejected::several, .translation_invariant = true};

  void check() const {
    if constexpr (requires { phi.check(); }) phi.check();
  }
  auto operator()(auto row) const {
    const auto r = row.rewards();
    const auto margins = row.preferred(r) - r;
    return with_gradient{row.mean(phi.value(row, margins), row.rejected()), [=, phi = phi] {
                           const auto share = 1 / row.count(row.rejected());
                           const auto slopes = row.keep(phi.slope(row, margins) * share);
                           return select(row.is_preferred(), row.sum(slopes, row.rejected()), -slopes);
                         }};
  }
};

}  // namespace prefopt::losses
