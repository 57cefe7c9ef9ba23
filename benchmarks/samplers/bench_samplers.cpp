#include <cstdio>
#include <exception>
#include <string>

#include <benchmark/benchmark.h>

#include "openblas.hpp"
#include "ratios.hpp"

/// \file
/// Samplers beside what one would write without them, in the same run. Every program's draws are checked.
///
///     bench_samplers --ratios [--details] [--only id,id]   a line `id value` for each figure
///     bench_samplers --scaling                             time and memory against V, K and threads
///     bench_samplers [--benchmark_...]                     Google Benchmark's cases

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
  const std::string mode = argc < 2 ? "" : argv[1];
  if (mode != "--ratios" && mode != "--scaling") return google_benchmark(argc, argv);
  try {
    if (mode == "--scaling") {
      bench::print_sampler_scaling();
    } else {
      bench::restart_with_fast_blas(argv);
      bench::print_sampler_ratios(bench::parse_ratio_options({argv + 2, argv + argc}));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_samplers: %s\n", error.what());
    return 1;
  }
  return 0;
}
