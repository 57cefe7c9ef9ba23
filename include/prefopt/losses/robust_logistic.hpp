#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

namespace prefopt::losses {

/// The unbiased estimate of −log σ(m) when a share ε of the labels is flipped (robust DPO, Chowdhury 2024):
///
///     [(1 − ε) softplus(−m) − ε softplus(m)] / (1 − 2ε)  =  softplus(−m) − ε m / (1 − 2ε)
///
/// May be negative.
struct robust_logistic {
  double label_smoothing = 0;  ///< ε in [0, 0.5)

  void check() const {
    detail::require(label_smoothing >= 0 && label_smoothing < 0.5, "robust_logistic", "label_smoothing is ",
                    label_smoothing, ", expected a value in [0, 0.5)");
  }
  PREFOPT_ANYWHERE auto value(auto row, auto margin) const {
    return softplus(-margin) - row.number(correction()) * margin;
  }
  PREFOPT_ANYWHERE auto slope(auto row, auto margin) const {
    return -sigmoid(-margin) - row.number(correction());
  }

 private:
  PREFOPT_ANYWHERE double correction() const { return label_smoothing / (1 - 2 * label_smoothing); }
};

}  // namespace prefopt::losses
