#pragma once

#include "ratio_options.hpp"

namespace bench {

/// Prints a line `id value` for each figure: prefopt beside its peers and the machine's limits, which take
/// turns (`bench::race`), one thread, float. A value is the median over the rounds of the ratio in a round.
/// Throws `broken_claim` if a peer computes something else than prefopt does, `invalid_argument` for a figure that is
/// not one.
void print_ratios(const ratio_options& options);

}  // namespace bench
