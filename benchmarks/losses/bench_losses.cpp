#include <cstdio>
#include <exception>
#include <string>

#include <benchmark/benchmark.h>

#include "fused_ratios.hpp"
#include "modes.hpp"
#include "ratios.hpp"

/// \file
/// prefopt beside what one would write without it, and beside the machine's limits, in the same run.
///
///     bench_losses --ratios [--details] [--only id,id]   a line `id value` for each figure
///     bench_losses --limits                              what the machine allows
///     bench_losses --scaling                             cost against the number of candidates and threads
///     bench_losses [--benchmark_...]                     Google Benchmark's cases

namespace {

int google_benchmark(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  try {
    if (mode == "--ratios") {
      bench::restart_for_fused_ratios(argv);
      bench::print_ratios(bench::parse_ratio_options({argv + 2, argv + argc}));
    } else if (mode == "--limits") {
      bench::print_limits();
    } else if (mode == "--scaling") {
      bench::print_scaling();
    } else {
      return google_benchmark(argc, argv);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_losses: %s\n", error.what());
    return 1;
  }
  return 0;
}
