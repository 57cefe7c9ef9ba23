#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/numeric/bent_exponential.hpp>

namespace prefopt::rewards {

/// (1 − π^−α) / α of the average probability π = e^{p / n} (AlphaPO, Gupta 2025); α → 0 is SimPO's p / n. Larger α
/// punish small probabilities of the preferred item harder. Without the batch's `lengths`, n = 1. Where the power would
/// overflow it goes on as a straight line. A reference is ignored; needs log-probabilities.
struct alpha_shaped {
  static constexpr bool elementwise = true;
  static constexpr bool reference_free = true;
  static constexpr inputs reads = inputs::lengths;
  double alpha = 0.25;

  void check() const {
    detail::require(alpha - alpha == 0, "alphapo", "alpha is ", alpha, ", expected a finite value");
  }
  PREFOPT_ANYWHERE auto value(auto row) const {
    auto p = row.policy();
    return bent_expm1(exponent(row)) * row.number(1 / power()) + (p - p);  // not finite where p is not
  }
  PREFOPT_ANYWHERE auto chain(auto row, auto gradient) const {
    return gradient * bent_expm1_slope(exponent(row)) / row.lengths();
  }

 private:
  /// −α; at the limit of 0 a number so small that nothing is left of it.
  PREFOPT_ANYWHERE double power() const { return alpha == 0 ? 1e-20 : -alpha; }
  PREFOPT_ANYWHERE auto exponent(auto row) const {
    return row.number(power()) * row.policy() / row.lengths();
  }
};

}  // namespace prefopt::rewards
