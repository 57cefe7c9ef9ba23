/// \file
/// Samplers against what one would write with the standard library, in the same run. Every program's draws
/// are checked: the counter `violations` says how many were the positive or in the history, and is 0.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <unordered_set>
#include <vector>

#include <benchmark/benchmark.h>

#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/uniform.hpp>

#include "workload.hpp"

namespace {

namespace samplers = prefopt::samplers;

using bench::workload;

/// Adds to the benchmark's counters, once the draws have been timed.
void report(benchmark::State& state, workload& data, bool histories_excluded = true) {
  state.counters["violations"] = static_cast<double>(data.violations(histories_excluded));
  state.SetItemsProcessed(state.iterations() * workload::users * workload::negatives_per_user);
}

/// Times `sampler.draw` over a batch, a new step in every iteration.
template <class Sampler>
void time_prefopt(benchmark::State& state, workload& data, const Sampler& sampler,
                  const samplers::history_view& history) {
  samplers::draw_key key{.seed = 1};
  for (auto _ : state) {
    ++key.step;
    benchmark::DoNotOptimize(sampler.draw(data.positives, history, key, data.matrix()));
    benchmark::ClobberMemory();
  }
}

void uniform(benchmark::State& state, bool repeat) {
  workload data(state.range(0));
  const samplers::history_table histories(data.lists);
  time_prefopt(state, data, samplers::uniform{.num_items = data.items, .repeat = repeat}, histories.view());
  report(state, data);
}

void uniform_filters(benchmark::State& state) {
  workload data(state.range(0));
  const samplers::history_table histories(data.lists);
  const samplers::history_filters filters(histories.view());
  time_prefopt(state, data, samplers::uniform{.num_items = data.items, .repeat = true}, filters.view());
  report(state, data);
}

/// The plain loop: draw until the item is not in the history. `excluded(u)` is what `contains` looks into.
template <class Excluded, class Contains>
void time_mt19937(benchmark::State& state, workload& data, const Excluded& excluded,
                  const Contains& contains) {
  std::mt19937 random(1);
  std::uniform_int_distribution<std::int32_t> item(0, data.items - 1);
  for (auto _ : state) {
    for (std::size_t u = 0; u < data.lists.size(); ++u) {
      const auto& history = excluded(u);
      for (std::int32_t& negative : data.row(u)) {
        do {
          negative = item(random);
        } while (contains(history, negative));
      }
    }
    benchmark::ClobberMemory();
  }
  report(state, data);
}

using hash_set = std::unordered_set<std::int32_t>;
bool in_set(const hash_set& set, std::int32_t item) { return set.contains(item); }

void mt19937_unordered_set(benchmark::State& state) {
  workload data(state.range(0));
  const auto build = [&](std::size_t u) { return hash_set(data.lists[u].begin(), data.lists[u].end()); };
  time_mt19937(state, data, build, in_set);
}

void mt19937_unordered_set_built_once(benchmark::State& state) {
  workload data(state.range(0));
  std::vector<hash_set> sets;
  for (const auto& list : data.lists) sets.emplace_back(list.begin(), list.end());
  time_mt19937(
      state, data, [&](std::size_t u) -> const hash_set& { return sets[u]; }, in_set);
}

void mt19937_binary_search(benchmark::State& state) {
  workload data(state.range(0));
  time_mt19937(
      state, data, [&](std::size_t u) -> const auto& { return data.lists[u]; },
      [](const auto& list, std::int32_t item) { return std::binary_search(list.begin(), list.end(), item); });
}

void popularity(benchmark::State& state, bool repeat) {
  workload data(state.range(0));
  const samplers::history_table histories(data.lists);
  time_prefopt(state, data, samplers::popularity(data.counts, {.repeat = repeat}), histories.view());
  report(state, data);
}

/// Draws only, and excludes nothing: what the standard library offers is the law.
void discrete_distribution(benchmark::State& state) {
  workload data(state.range(0));
  for (double& count : data.counts) count = std::pow(count, 0.75);
  std::mt19937 random(1);
  std::discrete_distribution<std::int32_t> item(data.counts.begin(), data.counts.end());
  for (auto _ : state) {
    for (std::int32_t& negative : data.drawn) negative = item(random);
    benchmark::ClobberMemory();
  }
  report(state, data, false);
}

void popularity_build(benchmark::State& state) {
  workload data(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(samplers::popularity(data.counts));
  state.SetItemsProcessed(state.iterations() * data.items);
}

void catalogues(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("items")->Arg(12'000)->Arg(1'000'000);
}

}  // namespace

BENCHMARK_CAPTURE(uniform, repeats, true)->Apply(catalogues);
BENCHMARK_CAPTURE(uniform, no_repeats, false)->Apply(catalogues);
BENCHMARK(uniform_filters)->Apply(catalogues);
BENCHMARK(mt19937_unordered_set)->Apply(catalogues);
BENCHMARK(mt19937_unordered_set_built_once)->Apply(catalogues);
BENCHMARK(mt19937_binary_search)->Apply(catalogues);
BENCHMARK_CAPTURE(popularity, repeats, true)->Apply(catalogues);
BENCHMARK_CAPTURE(popularity, no_repeats, false)->Apply(catalogues);
BENCHMARK(discrete_distribution)->Apply(catalogues);
BENCHMARK(popularity_build)->Apply(catalogues);
