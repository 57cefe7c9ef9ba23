#include <cstdint>

#include <benchmark/benchmark.h>

#include "limits.hpp"
#include "loss_batch.hpp"
#include "loss_peers.hpp"
#include "prefopt_calls.hpp"

/// \file
/// The program's cases for Google Benchmark: loss and gradient of one batch, float, one thread. Compare within
/// one run, interleaved and repeated:
///
///     bench_losses --benchmark_enable_random_interleaving=true --benchmark_repetitions=9

namespace {

/// Times a call on a batch of the case's shape; reports examples a second, and the traffic of two arrays read
/// and one written.
template <class Call>
void time_call(benchmark::State& state, Call call, bench::relevance labels = bench::relevance::distinct) {
  bench::loss_data data(static_cast<std::size_t>(state.range(0)),
                        static_cast<std::size_t>(state.range(1)) + 1, labels);
  const bench::loss_batch batch = data.batch();
  for (auto _ : state) {
    call(batch);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(batch.size() * 3 * sizeof(float)));
}

template <ours::loss_call* Call, bench::relevance Labels = bench::relevance::distinct>
void prefopt_call(benchmark::State& state) {
  time_call(
      state, [](const bench::loss_batch& batch) { benchmark::DoNotOptimize(Call(batch, {})); }, Labels);
}

template <bench::loss_call* Peer, bench::relevance Labels = bench::relevance::distinct>
void peer(benchmark::State& state) {
  time_call(
      state, [](const bench::loss_batch& batch) { benchmark::DoNotOptimize(Peer(batch)); }, Labels);
}

void memory_triad(benchmark::State& state) { time_call(state, bench::triad); }

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
void all_pairs(benchmark::internal::Benchmark* b) { b->ArgNames({"B", "K"})->Args({1024, 49}); }

constexpr auto one_relevant = bench::relevance::one;

BENCHMARK(prefopt_call<ours::s_dpo>)->Name("s_dpo/prefopt")->Apply(several_negatives);
BENCHMARK(peer<plain::s_dpo>)->Name("s_dpo/std_exp_loop")->Apply(several_negatives);
BENCHMARK(peer<ofast::s_dpo>)->Name("s_dpo/ofast_libmvec_loop")->Apply(several_negatives);
BENCHMARK(peer<ofast_wide::s_dpo>)->Name("s_dpo/ofast_libmvec_wide_loop")->Apply(several_negatives);
BENCHMARK(peer<eigen::s_dpo>)->Name("s_dpo/eigen_arrays")->Apply(several_negatives);
BENCHMARK(memory_triad)->Name("limit/memory_triad")->Apply(several_negatives);

BENCHMARK(prefopt_call<ours::dpo>)->Name("dpo/prefopt")->Apply(one_negative);
BENCHMARK(peer<plain::dpo>)->Name("dpo/std_exp_loop")->Apply(one_negative);
BENCHMARK(peer<ofast_wide::dpo>)->Name("dpo/ofast_libmvec_wide_loop")->Apply(one_negative);

BENCHMARK(prefopt_call<ours::dmpo>)->Name("dmpo/prefopt")->Apply(one_shape);
BENCHMARK(prefopt_call<ours::bpr>)->Name("bpr/prefopt")->Apply(one_shape);
BENCHMARK(peer<plain::bpr>)->Name("bpr/std_exp_loop")->Apply(one_shape);
BENCHMARK(peer<ofast_wide::bpr>)->Name("bpr/ofast_libmvec_wide_loop")->Apply(one_shape);
BENCHMARK(prefopt_call<ours::bce>)->Name("bce/prefopt")->Apply(one_shape);
BENCHMARK(peer<plain::bce>)->Name("bce/std_exp_loop")->Apply(one_shape);
BENCHMARK(peer<ofast_wide::bce>)->Name("bce/ofast_libmvec_wide_loop")->Apply(one_shape);

BENCHMARK(prefopt_call<ours::plackett_luce>)->Name("plackett_luce/prefopt")->Apply(one_list);
BENCHMARK(prefopt_call<ours::plackett_luce_in_order>)
    ->Name("plackett_luce/prefopt_in_order")
    ->Apply(one_list);
BENCHMARK(peer<plain::plackett_luce>)->Name("plackett_luce/std_exp_loop")->Apply(one_list);
BENCHMARK(peer<ofast_wide::plackett_luce>)->Name("plackett_luce/ofast_libmvec_wide_loop")->Apply(one_list);

BENCHMARK(prefopt_call<ours::ranknet>)->Name("ranknet/prefopt")->Apply(all_pairs);
BENCHMARK(peer<plain::ranknet>)->Name("ranknet/std_exp_loop")->Apply(all_pairs);
BENCHMARK(prefopt_call<ours::ranknet, one_relevant>)->Name("ranknet/prefopt_one_relevant")->Apply(all_pairs);
BENCHMARK(peer<plain::ranknet, one_relevant>)->Name("ranknet/std_exp_loop_one_relevant")->Apply(all_pairs);

}  // namespace
