#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

namespace prefopt::losses {

/// −log σ(m) with label smoothing ε, conservative DPO (Mitchell 2023, Eq. 3):
///
///     (1 − ε) softplus(−m) + ε softplus(m)  =  softplus(−m) + ε m
struct smoothed_logistic {
  double label_smoothing = 0;  ///< ε in [0, 0.5): the share of labels taken to be flipped

  void check() const {
    detail::require(label_smoothing >= 0 && label_smoothing < 0.5, "logistic", "label_smoothing is ",
                    label_smoothing, ", expected a value in [0, 0.5)");
  }
  PREFOPT_ANYWHERE auto value(auto row, auto margin) const {
    return softplus(-margin) + row.number(label_smoothing) * margin;
  }
  PREFOPT_ANYWHERE auto slope(auto row, auto margin) const {
    return row.number(label_smoothing) - sigmoid(-margin);
  }
};

}  // namespace prefopt::losses
