#pragma once

#include <limits>
#include <vector>

#include <prefopt/detail/ranked_examples.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/observed.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// Alignment via optimal transport, paired (AOT, Melnyk 2024): the distribution of the policy's margins is to
/// dominate that of the reference's. Both are sorted over the batch, each on its own, and compared rank by rank:
///
///     φ(β (M_(k) − R_(k))),   M_b = log π(0) − log π(1),   R_b the same of the reference
///
/// The loss of rank k is that of the example which holds M_(k). Goes with `rewards::implicit`. A batch of one is DPO.
/// O(B log B).
/// \tparam Phi the cost of a margin: `value(row, margin)` and its derivative `slope(row, margin)`
template <class Phi>
struct matched_margins {
  Phi phi{};

  static constexpr loss_traits traits{
      .candidates = rejected::one, .translation_invariant = true, .maps_and_reductions = true};
  static constexpr index decisions = 1;

  void check() const {
    if constexpr (requires { phi.check(); }) phi.check();
  }
  PREFOPT_ANYWHERE auto observe(auto row) const {
    auto margin = [&](auto c) {
      constexpr double nan = std::numeric_limits<double>::quiet_NaN();
      return select(row.any(row.rejected()), row.preferred(c) - row.sum(c, row.rejected()), row.number(nan));
    };
    return observed{margin(row.policy()), margin(row.reference())};
  }
  /// How far the reference margin of the same rank lies below the example's own.
  void decide(matrix_view<const double> seen, matrix_view<double> said) const {
    thread_local std::vector<detail::ranked_example> policy, reference;
    detail::rank_examples(seen, 0, policy);
    detail::rank_examples(seen, 1, reference);
    for (index b = 0; b < said.rows; ++b) said(b, 0) = 0;
    for (std::size_t rank = 0; rank < policy.size(); ++rank) {
      const index b = policy[rank].example;
      said(b, 0) = seen(b, 1) - reference[rank].value;
    }
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto r = row.rewards();
    auto margin = row.preferred(r) - row.sum(r, row.rejected()) + row.strength() * row.decided();
    return with_gradient{phi.value(row, margin), [=, phi = phi] {
                           auto slope = phi.slope(row, margin);
                           return select(row.is_preferred(), slope, -slope);
                         }};
  }
};

}  // namespace prefopt::losses
