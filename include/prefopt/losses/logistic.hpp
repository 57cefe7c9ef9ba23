#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

namespace prefopt::losses {

/// −log σ(m), the Bradley–Terry likelihood of a margin m: DPO (Rafailov 2023, Eq. 7), BPR (Rendle 2009).
struct logistic {
  PREFOPT_ANYWHERE auto value(auto, auto margin) const { return softplus(-margin); }
  PREFOPT_ANYWHERE auto slope(auto, auto margin) const { return -sigmoid(-margin); }
  /// Over a column of margins, with one exponential for the two of them.
  PREFOPT_ANYWHERE auto costs_and_pulls(auto row, auto margins) const {
    return row.sum_softplus(-margins, row.rejected());
  }
};

}  // namespace prefopt::losses
