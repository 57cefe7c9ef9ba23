#pragma once

#include <limits>
#include <vector>

#include <prefopt/detail/ranked_examples.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/observed.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// Alignment via optimal transport, unpaired (AOT, Melnyk 2024): the rewards of all preferred items are to
/// dominate those of all rejected ones, whichever example they belong to. Both are sorted over the batch and compared
/// rank by rank:
///
///     φ(r_(k) of the preferred − r_(k) of the rejected)
///
/// The loss of rank k is that of the example which holds the preferred item of that rank; its gradient goes to both
/// items. A batch of one is DPO. O(B log B).
/// \tparam Phi the cost of a margin: `value(row, margin)` and its derivative `slope(row, margin)`
template <class Phi>
struct matched_rewards {
  Phi phi{};

  static constexpr loss_traits traits{.candidates = rejected::one, .maps_and_reductions = true};
  static constexpr index decisions = 2;

  void check() const {
    if constexpr (requires { phi.check(); }) phi.check();
  }
  PREFOPT_ANYWHERE auto observe(auto row) const {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    auto r = row.rewards();
    auto other = row.sum(r, row.rejected());
    return observed{row.preferred(r), select(row.any(row.rejected()), other, row.number(nan))};
  }
  /// The partners of the example's preferred and of its rejected item.
  void decide(matrix_view<const double> seen, matrix_view<double> said) const {
    thread_local std::vector<detail::ranked_example> preferred, other;
    detail::rank_examples(seen, 0, preferred);
    detail::rank_examples(seen, 1, other);
    for (index b = 0; b < said.rows; ++b) said(b, 0) = said(b, 1) = 0;
    for (std::size_t rank = 0; rank < preferred.size(); ++rank) {
      said(preferred[rank].example, 0) = other[rank].value;
      said(other[rank].example, 1) = preferred[rank].value;
    }
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto r = row.rewards();
    auto ahead = row.preferred(r) - row.strength() * row.decided(0);
    auto behind = row.strength() * row.decided(1) - row.sum(r, row.rejected());
    // The rejected item's pair is counted at its partner's example: here it adds a gradient and no value.
    auto elsewhere = phi.value(row, behind);
    return with_gradient{phi.value(row, ahead) + (elsewhere - constant(elsewhere)), [=, phi = phi] {
                           return select(row.is_preferred(), phi.slope(row, ahead), -phi.slope(row, behind));
                         }};
  }
};

}  // namespace prefopt::losses
