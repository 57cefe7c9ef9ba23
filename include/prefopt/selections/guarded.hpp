#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>

namespace prefopt::selections {

/// A guard against false negatives: leaves out the rejected items that the policy scores more than `margin` above the
/// preferred one, p_k > p_0 + margin, which are likely to be liked items nobody has seen yet. It conflicts by design
/// with `boundary`, which keeps exactly those. Where all lie above it, the lowest stays. A constant to the gradient;
/// O(K).
struct guarded {
  static constexpr bool maps_and_reductions = true;
  double margin = 0;  ///< in the score's unit; finite

  void check() const {
    detail::require(margin - margin == 0, "guarded", "margin is ", margin, ", expected a finite value");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto p = row.policy();
    auto limit = row.preferred(p) + row.number(margin), lowest = -row.max(-p, row.rejected());
    return p <= max(limit, lowest);
  }
};

}  // namespace prefopt::selections
