#pragma once

namespace bench {

/// What the program prints besides Google Benchmark's cases.

/// The machine's limits on one thread: `name value unit`, tab-separated.
void print_limits();

/// Nanoseconds per candidate of the growing objectives, from two candidates to 65 536, on one thread and two.
void print_scaling();

}  // namespace bench
