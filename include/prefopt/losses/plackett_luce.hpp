#pragma once

#include <limits>

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// −log of the Plackett–Luce probability of the first `top_m` places of an order (Rafailov 2023, App. A.3;
/// S-DPO Eq. 8; with scores as rewards: ListMLE, Xia 2008):
///
///     Σ_{j < m} [L_j − r_j],   L_j = log Σ_{i ≥ j} e^{r_i}   (candidates best first)
///
/// Gradient Σ_{j ≤ i, j < m} e^{r_i − L_j} − [i < m]: one scan from the tail and one from the head, O(N).
struct plackett_luce {
  index top_m =
      std::numeric_limits<index>::max();  ///< how many places are observed; the default is all of them

  static constexpr loss_traits traits{
      .candidates = rejected::several, .translation_invariant = true, .ordered = true};

  void check() const {
    detail::require(top_m >= 1, "plackett_luce", "top_m is ", top_m, ", expected at least 1");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto choices = row.successive_choices(row.rewards(), top_m);
    return with_gradient{choices.cost(), [=] { return choices.slopes(); }};
  }
};

}  // namespace prefopt::losses
