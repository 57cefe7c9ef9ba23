#include <cstdint>
#include <random>
#include <vector>

#include <Eigen/Core>
#include <benchmark/benchmark.h>

#include <prefopt/eigen.hpp>
#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>

#include "loss_peers.hpp"

/// \file
/// Loss and gradient of one batch, float, one thread: prefopt beside what one would write without it, and the
/// memory traffic that bounds them all. Compare within one run, interleaved and repeated:
///
///     bench_losses --benchmark_enable_random_interleaving=true --benchmark_repetitions=9

namespace {

using matrix = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct data {
  matrix policy, reference, gradient;

  explicit data(const benchmark::State& state)
      : policy(state.range(0), state.range(1) + 1),
        reference(policy.rows(), policy.cols()),
        gradient(policy.rows(), policy.cols()) {
    std::mt19937 generator(1);
    std::uniform_real_distribution<float> log_prob(-6, 0);
    for (float& x : policy.reshaped()) x = log_prob(generator);
    for (float& x : reference.reshaped()) x = log_prob(generator);
  }
  std::size_t rows() const { return static_cast<std::size_t>(policy.rows()); }
  std::size_t columns() const { return static_cast<std::size_t>(policy.cols()); }

  /// Examples a second, and the traffic of two arrays read and one written.
  void report(benchmark::State& state) const {
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * policy.rows());
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * policy.size() *
                            static_cast<std::int64_t>(3 * sizeof(float)));
  }
};

template <auto Recipe>
void prefopt_evaluate(benchmark::State& state) {
  data d(state);
  const auto objective = Recipe();
  for (auto _ : state) {
    const auto result =
        prefopt::evaluate(objective, {.policy = d.policy, .reference = d.reference}, d.gradient);
    benchmark::DoNotOptimize(result.loss);
    benchmark::ClobberMemory();
  }
  d.report(state);
}

template <auto Peer>
void loop(benchmark::State& state) {
  data d(state);
  for (auto _ : state) {
    float loss = Peer(d.policy.data(), d.reference.data(), d.gradient.data(), d.rows(), d.columns());
    benchmark::DoNotOptimize(loss);
    benchmark::ClobberMemory();
  }
  d.report(state);
}

/// S-DPO in Eigen array expressions.
void eigen_s_dpo(benchmark::State& state) {
  data d(state);
  matrix e(d.policy.rows(), d.policy.cols());
  Eigen::ArrayXf top(d.policy.rows()), total(d.policy.rows());
  const float scale = 1 / static_cast<float>(d.policy.rows());
  for (auto _ : state) {
    e = d.policy - d.reference;
    top = e.rowwise().maxCoeff();
    const float preferred = e.col(0).sum();
    e = (e.colwise() - top).exp();
    total = e.rowwise().sum();
    float loss = ((total.log() + top).sum() - preferred) * scale;
    d.gradient = e.colwise() * (scale / total);
    d.gradient.col(0) -= scale;
    benchmark::DoNotOptimize(loss);
    benchmark::ClobberMemory();
  }
  d.report(state);
}

/// The limit of every loss that does not fit the cache: two arrays read, one written, nothing computed.
void memory_triad(benchmark::State& state) {
  data d(state);
  for (auto _ : state) {
    d.gradient = d.policy + 0.5f * d.reference;
    benchmark::ClobberMemory();
  }
  d.report(state);
}

constexpr auto s_dpo = [] { return prefopt::s_dpo(); };
constexpr auto dpo = [] { return prefopt::dpo({.beta = 1}); };
constexpr auto dmpo = [] { return prefopt::dmpo({.beta = 1}); };
constexpr auto bpr = [] { return prefopt::bpr(); };
constexpr auto bce = [] { return prefopt::bce(); };
constexpr auto plackett_luce = [] { return prefopt::plackett_luce(); };

/// (B, K): in the first-level cache, in the second, long rows, and beyond the caches.
void several_negatives(benchmark::internal::Benchmark* b) {
  b->ArgNames({"B", "K"})
      ->Args({256, 15})
      ->Args({4096, 15})
      ->Args({4096, 127})
      ->Args({65536, 15})
      ->Args({1024, 4096});
}
void one_negative(benchmark::internal::Benchmark* b) {
  b->ArgNames({"B", "K"})->Args({256, 1})->Args({65536, 1});
}
void one_shape(benchmark::internal::Benchmark* b) { b->ArgNames({"B", "K"})->Args({4096, 15}); }
void one_list(benchmark::internal::Benchmark* b) { b->ArgNames({"B", "K"})->Args({4096, 49}); }

BENCHMARK(prefopt_evaluate<s_dpo>)->Name("s_dpo/prefopt")->Apply(several_negatives);
BENCHMARK(loop<plain::s_dpo>)->Name("s_dpo/std_exp_loop")->Apply(several_negatives);
BENCHMARK(loop<ofast::s_dpo>)->Name("s_dpo/ofast_libmvec_loop")->Apply(several_negatives);
BENCHMARK(eigen_s_dpo)->Name("s_dpo/eigen_arrays")->Apply(several_negatives);
BENCHMARK(memory_triad)->Name("limit/memory_triad")->Apply(several_negatives);

BENCHMARK(prefopt_evaluate<dpo>)->Name("dpo/prefopt")->Apply(one_negative);
BENCHMARK(loop<plain::dpo>)->Name("dpo/std_exp_loop")->Apply(one_negative);
BENCHMARK(loop<ofast::dpo>)->Name("dpo/ofast_libmvec_loop")->Apply(one_negative);

BENCHMARK(prefopt_evaluate<dmpo>)->Name("dmpo/prefopt")->Apply(one_shape);
BENCHMARK(prefopt_evaluate<bpr>)->Name("bpr/prefopt")->Apply(one_shape);
BENCHMARK(loop<plain::bpr>)->Name("bpr/std_exp_loop")->Apply(one_shape);
BENCHMARK(loop<ofast::bpr>)->Name("bpr/ofast_libmvec_loop")->Apply(one_shape);
BENCHMARK(prefopt_evaluate<bce>)->Name("bce/prefopt")->Apply(one_shape);
BENCHMARK(loop<plain::bce>)->Name("bce/std_exp_loop")->Apply(one_shape);
BENCHMARK(loop<ofast::bce>)->Name("bce/ofast_libmvec_loop")->Apply(one_shape);

BENCHMARK(prefopt_evaluate<plackett_luce>)->Name("plackett_luce/prefopt")->Apply(one_list);
BENCHMARK(loop<plain::plackett_luce>)->Name("plackett_luce/std_exp_loop")->Apply(one_list);
BENCHMARK(loop<ofast::plackett_luce>)->Name("plackett_luce/ofast_libmvec_loop")->Apply(one_list);

}  // namespace

BENCHMARK_MAIN();
