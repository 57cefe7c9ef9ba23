#pragma once

#include "report.hpp"

namespace bench {

/// The figures `fused_scoring` and `full_softmax`: prefopt beside LibTorch. Without LibTorch they are skipped.
/// With `details`, also beside a LibTorch whose memory malloc keeps from call to call.
void fused_ratios(report& out, bool details);

/// May start the program again, under an environment that is fair to LibTorch. Before anything is printed.
void restart_for_fused_ratios(char** argv);

}  // namespace bench
