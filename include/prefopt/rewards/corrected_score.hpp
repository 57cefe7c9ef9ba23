#pragma once

#include <prefopt/error.hpp>
#include <prefopt/inputs.hpp>

namespace prefopt::rewards {

/// f_i − T log q_i: with strength 1/T the reward is f_i / T − log q_i, the logQ correction of a sampled
/// softmax whose candidates were drawn with probabilities q (Bengio & Senécal 2008; Yi 2019, Eq. 3). Without
/// the batch's `log_q`, f.
struct corrected_score {
  double temperature = 1;  ///< T > 0

  static constexpr inputs reads = inputs::log_q;

  void check() const {
    detail::require(temperature > 0 && temperature < 1e300, "softmax", "temperature is ", temperature,
                    ", expected a finite value above 0");
  }
  auto value(auto row) const { return row.policy() - row.number(temperature) * row.log_q(); }
  auto chain(auto, auto gradient) const { return gradient; }
};

}  // namespace prefopt::rewards
