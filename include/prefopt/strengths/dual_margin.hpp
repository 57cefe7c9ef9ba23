#pragma once

#include <limits>

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>

namespace prefopt::strengths {

/// DynamicPO's dual margin (Hu 2026, arXiv 2605.00327; official code): one strength for each selected rejected item,
///
///     β_k = β (1 + c tanh((d1 − d2 − γ) / (|d1| + |d2|))),   d1 = p_0 − p_k,   d2 = p_k − μ,
///
/// μ the mean score of the rejected items that the selection left out, or of all if it left out none. Where d1 and d2
/// vanish, the argument of tanh is −γ · ∞. Reads the policy's scores, not rewards; a constant to the gradient.
///
/// β (1 − c) ≤ β_k < β (1 + c tanh 1) for γ ≥ 0; it falls with γ, and is the same for p and p + c. With c = 0, β.
/// Which γ gave the paper's table is not stated: 2 in the first published code, 6 in the later one. O(K).
struct dual_margin {
  double beta = 1;     ///< β > 0
  double margin = 2;   ///< γ
  double scale = 0.5;  ///< c, in [0, 1)

  static constexpr bool per_pair = true;
  static constexpr bool maps_and_reductions = true;

  void check() const {
    detail::require(beta > 0 && beta < 1e300, "dual_margin", "beta is ", beta,
                    ", expected a finite value above 0");
    detail::require(margin - margin == 0, "dual_margin", "margin is ", margin, ", expected a finite value");
    detail::require(scale >= 0 && scale < 1, "dual_margin", "scale is ", scale,
                    ", expected a value in [0, 1)");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto p = row.policy();
    auto easy = row.unselected();
    auto mean = select(row.any(easy), row.mean(p, easy), row.mean(p, row.rejected()));
    auto to_preferred = row.preferred(p) - p;
    auto to_easy = p - mean;
    auto length = abs(to_preferred) + abs(to_easy);
    auto direction = select(length > row.number(0), (to_preferred - to_easy - row.number(margin)) / length,
                            row.number(limit()));
    return row.number(beta) * (1 + row.number(scale) * tanh(direction));
  }

 private:
  PREFOPT_ANYWHERE double limit() const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return margin > 0 ? -infinity : margin < 0 ? infinity : 0;
  }
};

}  // namespace prefopt::strengths
