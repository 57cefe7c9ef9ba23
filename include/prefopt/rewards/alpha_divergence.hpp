#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric/bent_exponential.hpp>

namespace prefopt::rewards {

/// What takes the log-ratio's place when the policy is kept near the reference by an α-divergence instead of the reverse
/// KL (f-DPO, Wang 2023): with a = log π − log π_ref,
///
///     S(a) = (e^{(α − 1) a} − 1) / (α − 1),   S'(a) = e^{(α − 1) a}
///
/// up to a constant that differences do not see. α = 0 is the forward KL, S = −e^−a; α → 1 the reverse KL, S = a. Where
/// the exponential would overflow (e^700 in double), S goes on as a straight line, so that a difference keeps its sign.
/// Needs log-probabilities.
struct alpha_divergence {
  static constexpr bool elementwise = true;
  static constexpr bool of_log_ratio = true;
  double alpha = 0.5;

  void check() const {
    detail::require(alpha - alpha == 0, "alpha_divergence", "alpha is ", alpha, ", expected a finite value");
  }
  PREFOPT_ANYWHERE auto value(auto row) const {
    auto a = row.policy() - row.reference();
    return bent_expm1(exponent(row)) * row.number(1 / power()) + (a - a);  // not finite where a is not
  }
  PREFOPT_ANYWHERE auto chain(auto row, auto gradient) const {
    return gradient * bent_expm1_slope(exponent(row));
  }

 private:
  /// α − 1; at the limit of 0 a number so small that nothing is left of it.
  PREFOPT_ANYWHERE double power() const { return alpha == 1 ? 1e-20 : alpha - 1; }
  PREFOPT_ANYWHERE auto exponent(auto row) const {
    return row.number(power()) * (row.policy() - row.reference());
  }
};

}  // namespace prefopt::rewards
