#include "fused_ratios.hpp"

namespace bench {

/// Built where there is no LibTorch.
void fused_ratios(report& out, bool) {
  out.skip("fused_scoring");
  out.skip("full_softmax");
}

void restart_for_fused_ratios(char**) {}

}  // namespace bench
