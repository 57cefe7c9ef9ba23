#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric/expm1_ratio.hpp>

namespace prefopt::rewards {

/// f(m) − 1, f(m) = c m / (e^{c m} − 1), of an error m = −p ≥ 0: 0 where there is none, falling to −1 (without that 1,
/// which a difference does not see, small errors keep their digits). For diffusion models p is
/// minus the denoising error and f its odds ratio (MaPO, Hong 2024); for items p is the log-probability. A
/// reference is ignored; needs log-probabilities.
struct error_odds {
  static constexpr bool elementwise = true;
  static constexpr bool reference_free = true;
  double snr = 0.5;  ///< c > 0, the signal-to-noise ratio

  void check() const {
    detail::require(snr > 0 && snr < 1e300, "mapo", "snr is ", snr, ", expected a finite value above 0");
  }
  PREFOPT_ANYWHERE auto value(auto row) const { return expm1_ratio_minus_1(row.number(-snr) * row.policy()); }
  PREFOPT_ANYWHERE auto chain(auto row, auto gradient) const {
    return row.number(-snr) * gradient * expm1_ratio_slope(row.number(-snr) * row.policy());
  }
};

}  // namespace prefopt::rewards
