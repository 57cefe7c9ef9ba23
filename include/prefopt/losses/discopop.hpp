#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

namespace prefopt::losses {

/// Log-ratio modulated loss, found by search (DiscoPOP, Lu 2024, Eq. 5): logistic where the margin is negative,
/// exponential where it is positive, with a gate between them:
///
///     (1 − w) softplus(−m) + w e^−m,   w = σ(m / τ)
///
/// Not convex: around m = −2 τ … 0 it has a local maximum. For τ < 1, w e^−m vanishes as m falls, and so do the forms
/// here; for larger τ it grows as e^{−m (1 − 1/τ)}.
struct discopop {
  double tau = 0.05;  ///< τ > 0

  void check() const {
    detail::require(tau > 0 && tau < 1e300, "discopop", "tau is ", tau, ", expected a finite value above 0");
  }
  PREFOPT_ANYWHERE auto value(auto row, auto margin) const {
    auto gate = margin * row.number(1 / tau);
    return sigmoid(-gate) * softplus(-margin) + exp(log_sigmoid(gate) - margin);
  }
  PREFOPT_ANYWHERE auto slope(auto row, auto margin) const {
    auto gate = margin * row.number(1 / tau);
    auto opening = sigmoid(gate) * sigmoid(-gate) * row.number(1 / tau);  // d w / d m
    auto closing = sigmoid(-gate);
    auto exponential = exp(log_sigmoid(gate) - margin);  // w e^−m
    return closing * row.number(1 / tau) * exponential - opening * softplus(-margin) -
           closing * sigmoid(-margin) - exponential;
  }
};

}  // namespace prefopt::losses
