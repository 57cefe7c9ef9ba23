/// One training step of the example's SASRec, forward, backward and Adam, beside the limits of the machine
/// that it ran on: what Eigen's matrix product reaches, and how many multiply-adds the cores can issue at
/// all. The limits are measured right before each case, with as many threads, because a shared machine's
/// speed drifts.
///
///     bench_sasrec --ratios             beside the same model on LibTorch, a line `id value` for each shape
///     bench_sasrec [--benchmark_...]    Google Benchmark's cases
///
/// Counters: sequences/s; GFLOP/s of the network (attention counted as causal, the loss not counted); of_gemm
/// and of_fma, the shares of the limits.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <benchmark/benchmark.h>

#include "../examples/sasrec/parallel.hpp"
#include "../examples/sasrec/random.hpp"
#include "../examples/sasrec/train.hpp"
#include "sasrec_ratios.hpp"

namespace {

using sasrec::Index;

constexpr int batch_size = 128, dim = 64, steps = 2;

double seconds(auto&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// FLOP/s of the best of a few rounds, all threads together.
double best_rate(int threads, double flops_per_thread, auto&& work) {
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < 9; ++round)
    best = std::min(best, seconds([&] { sasrec::parallel_for(threads, threads, [&](Index) { work(); }); }));
  return threads * flops_per_thread / best;
}

/// Multiply-adds on registers alone: enough independent sums to hide the latency of one, few enough to stay
/// in registers (x86 has 32 of 512 bits or 16 of 256).
#if defined(__AVX512F__)
constexpr std::size_t width = 16, sums = 16;
#else
constexpr std::size_t width = 8, sums = 12;
#endif
using vector = float __attribute__((vector_size(width * sizeof(float))));

template <std::size_t... I>
void multiply_and_add(int rounds, std::index_sequence<I...>) {
  const volatile float factor = 0.999f, term = 0.001f;  // not known when this is compiled
  const vector a = vector{} + factor, b = vector{} + term;
  vector sum[sizeof...(I)] = {(vector{} + static_cast<float>(I))...};
  for (int round = 0; round < rounds; ++round) ((sum[I] = sum[I] * a + b), ...);
  float total = 0;
  ((total += sum[I][0]), ...);
  benchmark::DoNotOptimize(total);
}

double fma_peak(int threads) {
  constexpr int rounds = 2'000'000;
  return best_rate(threads, 2.0 * width * sums * rounds,
                   [] { multiply_and_add(rounds, std::make_index_sequence<sums>()); });
}

double gemm_peak(int threads) {
  constexpr Index n = 512;
  const sasrec::matrix a = sasrec::matrix::Random(n, n), b = sasrec::matrix::Random(n, n);
  return best_rate(threads, 2.0 * n * n * n * 4, [&] {
    sasrec::matrix c(n, n);
    for (int i = 0; i < 4; ++i) {
      c.noalias() = a * b;
      benchmark::DoNotOptimize(c.data());
    }
  });
}

/// Multiply-adds of the network for one sequence: 6 products of width dim a block and token, and causal
/// attention's two; the backward pass does each twice over.
double flops_per_sequence(double length, double blocks) {
  const double linear = 6.0 * dim * dim, attention = 2.0 * dim * (length + 1) / 2;
  return 2 * 3 * blocks * (linear + attention) * length;
}

void training_step(benchmark::State& state, const char* loss, int negatives) {
  const auto length = static_cast<int>(state.range(0)), threads = static_cast<int>(state.range(2));
  const auto items = static_cast<std::int32_t>(state.range(1));
  const double fma = fma_peak(threads), gemm = gemm_peak(threads);

  sasrec::random_stream random(1);
  std::vector<std::vector<std::int32_t>> sequences(batch_size * steps);
  for (auto& sequence : sequences)
    for (int i = 0; i <= length; ++i)
      sequence.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(items))));

  sasrec::model recommender({.items = items, .dim = dim, .max_length = length});
  sasrec::train_options options;
  options.loss = loss;
  options.negatives = negatives;
  options.batch_size = batch_size;
  options.epochs = std::numeric_limits<int>::max();
  options.patience = 0;
  options.threads = threads;
  sasrec::training_state training;
  double seconds_spent = 0;
  state.KeepRunning();
  sasrec::train(recommender, sequences, options, training, [&](const sasrec::epoch_report& report) {
    state.SetIterationTime(report.seconds / steps);
    seconds_spent += report.seconds / steps;
    return state.KeepRunning();
  });

  const double flops = flops_per_sequence(length, recommender.config().blocks) * batch_size;
  using counter = benchmark::Counter;
  const auto per_second = [](double amount) { return counter(amount, counter::kIsIterationInvariantRate); };
  state.counters["sequences/s"] = per_second(batch_size);
  state.counters["GFLOP/s"] = per_second(flops / 1e9);
  const double rate = flops * static_cast<double>(state.iterations()) / seconds_spent;
  state.counters["of_gemm"] = rate / gemm;  // shares, no rates: counted per second, they would be printed so
  state.counters["of_fma"] = rate / fma;
  state.counters["gemm_GFLOP/s"] = gemm / 1e9;
  state.counters["fma_GFLOP/s"] = fma / 1e9;
}

void shapes(benchmark::internal::Benchmark* one) {
  one->ArgNames({"length", "items", "threads"})->UseManualTime()->Unit(benchmark::kMillisecond);
  for (const int threads : {1, 2}) {
    one->Args({50, 12101, threads});
    one->Args({200, 3416, threads});
  }
}

}  // namespace

// The loss of the SASRec paper, one negative a position: what the usual PyTorch implementation computes.
BENCHMARK_CAPTURE(training_step, bce, "bce", 1)->Apply(shapes);
BENCHMARK_CAPTURE(training_step, softmax_128, "softmax", 128)->Apply(shapes);
BENCHMARK_CAPTURE(training_step, full_softmax, "full_softmax", 1)->Apply(shapes);

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--ratios") {
    bench::print_sasrec_ratios(argv);
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
