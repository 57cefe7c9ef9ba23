#pragma once

#include <prefopt/numeric.hpp>

namespace prefopt::losses {

/// −log σ(m), the Bradley–Terry likelihood of a margin m: DPO (Rafailov 2023, Eq. 7), BPR (Rendle 2009).
struct logistic {
  auto value(auto, auto margin) const { return softplus(-margin); }
  auto slope(auto, auto margin) const { return -sigmoid(-margin); }
  /// Over a column of margins, with one exponential for the two of them.
  auto costs_and_pulls(auto row, auto margins) const { return row.sum_softplus(-margins, row.rejected()); }
};

}  // namespace prefopt::losses
