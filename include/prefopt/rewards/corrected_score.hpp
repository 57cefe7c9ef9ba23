#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>

namespace prefopt::rewards {

/// f_i / T − log q_i: a score at temperature T with the logQ correction of a sampled softmax, whose
/// candidates were drawn with probabilities q (Bengio & Senécal 2008; Yi 2019, Eq. 3). Without the batch's
/// `log_q`, f / T.
struct corrected_score {
  static constexpr bool elementwise = true;
  static constexpr bool keeps_shifts = true;
  double temperature = 1;  ///< T > 0

  static constexpr inputs reads = inputs::log_q;
  static constexpr bool reference_free = true;

  void check() const {
    detail::require(temperature > 0 && temperature < 1e300, "softmax", "temperature is ", temperature,
                    ", expected a finite value above 0");
  }
  PREFOPT_ANYWHERE auto value(auto row) const {
    return 1 / row.number(temperature) * row.policy() - row.log_q();
  }
  PREFOPT_ANYWHERE auto chain(auto row, auto gradient) const {
    return 1 / row.number(temperature) * gradient;
  }
};

}  // namespace prefopt::rewards
