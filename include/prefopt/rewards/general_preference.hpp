#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::rewards {

/// The general preference score of each candidate against the preferred one (GPM, Zhang 2024). Candidates are
/// vectors of 2 d components, and v beats w by
///
///     s(v, w) = Σ_k v[2k] w[2k+1] − v[2k+1] w[2k]  =  −s(w, v)
///
/// so that preferences may go in circles. Here r_0 = s(v_0, v_0) = 0 and r_k = s(v_k, v_0); vectors (r, 1) are
/// Bradley–Terry with rewards r. The batch's policy is [B, N · components], candidate after candidate.
struct general_preference {
  static constexpr bool keeps_shifts = true;  ///< vectors are no log-probabilities
  static constexpr bool reference_free = true;
  index components = 2;  ///< 2 d

  void check() const {
    detail::require(components >= 2 && components % 2 == 0, "gpm", "components is ", components,
                    ", expected an even number of at least 2");
  }
  PREFOPT_ANYWHERE auto value(auto row) const {
    auto plane = [&](index j) {
      return row.policy(j) * row.preferred(row.policy(j + 1)) -
             row.policy(j + 1) * row.preferred(row.policy(j));
    };
    auto score = row.keep(plane(0));
    for (index j = 2; j < components; j += 2) score = row.keep(score + plane(j));
    return score;
  }
  /// d / d v_k[j] = ± g_k v_0[j'], d / d v_0[j] = ∓ Σ g_k v_k[j'], where j' is the other half of j's plane.
  PREFOPT_ANYWHERE auto chain(auto row, auto gradient, index component) const {
    const bool first = component % 2 == 0;
    auto other = row.policy(first ? component + 1 : component - 1);
    auto sign = row.number(first ? 1 : -1);
    return sign * select(row.is_preferred(), -row.sum(gradient * other, row.rejected()),
                         gradient * row.preferred(other));
  }
};

}  // namespace prefopt::rewards
