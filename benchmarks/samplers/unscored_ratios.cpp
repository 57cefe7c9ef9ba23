#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

#include <benchmark/benchmark.h>

#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/uniform.hpp>

#include "race.hpp"
#include "ratios.hpp"
#include "workload.hpp"

namespace bench {
namespace {

namespace samplers = prefopt::samplers;
using hash_set = std::unordered_set<std::int32_t>;

constexpr double draws = workload::users * workload::negatives_per_user;

/// Draws a batch at a time, a new step each, and looks at every draw of the last.
template <class Sampler>
auto caller(workload& data, const Sampler& sampler, const samplers::history_view& history,
            samplers::draw_key& key) {
  return [&] {
    ++key.step;
    benchmark::DoNotOptimize(sampler.draw(data.positives, history, key, data.matrix()));
    benchmark::ClobberMemory();
  };
}

void require_allowed(workload& data, const std::string& who, bool histories_excluded = true) {
  const std::int64_t violations = data.violations(histories_excluded);
  if (violations != 0)
    throw broken_claim(who + " drew " + std::to_string(violations) + " items that are not allowed");
}

/// The plain loop: draw until the item is not in the history.
template <class Excluded>
void draw_with_sets(workload& data, std::mt19937& random, const Excluded& excluded) {
  std::uniform_int_distribution<std::int32_t> item(0, data.items - 1);
  for (std::size_t u = 0; u < data.lists.size(); ++u) {
    const hash_set& history = excluded(u);
    for (std::int32_t& negative : data.row(u)) {
      do {
        negative = item(random);
      } while (history.contains(negative));
    }
  }
  benchmark::ClobberMemory();
}

}  // namespace

void uniform_ratios(report& out) {
  if (!out.wants({"uniform_1M", "uniform_1M_filters", "uniform_1M_no_repeats"})) return;
  workload data(1'000'000);
  const samplers::history_table histories(data.lists);
  const samplers::history_view history = histories.view();
  samplers::draw_key key{.seed = 1};
  const samplers::uniform repeats{.num_items = data.items, .repeat = true}, once{.num_items = data.items};
  const samplers::history_filters filters(history);
  const samplers::history_view filtered = filters.view();
  const auto with_filters = caller(data, repeats, filtered, key);
  const auto with_repeats = caller(data, repeats, history, key), without = caller(data, once, history, key);

  std::mt19937 random(1);
  std::vector<hash_set> sets;
  for (const auto& list : data.lists) sets.emplace_back(list.begin(), list.end());
  const auto build_sets = [&] {
    draw_with_sets(data, random,
                   [&](std::size_t u) { return hash_set(data.lists[u].begin(), data.lists[u].end()); });
  };
  const auto use_sets = [&] {
    draw_with_sets(data, random, [&](std::size_t u) -> const hash_set& { return sets[u]; });
  };

  race runners;
  runners.add("prefopt", with_repeats);
  runners.add("prefopt, filters built once", with_filters);
  runners.add("prefopt, no repeats", without);
  runners.add("mt19937, unordered_set", build_sets);
  runners.add("mt19937, unordered_set built once", use_sets);
  runners.run({.budget = 8});
  for (const auto& [name, call] : {std::pair<std::string, std::function<void()>>{"uniform", with_repeats},
                                   {"uniform with filters", with_filters},
                                   {"uniform without repeats", without},
                                   {"the peer", build_sets}}) {
    call();
    require_allowed(data, name);
  }
  out.keep("uniform, V = 1e6, 256 users, 64 negatives each", runners, draws, "prefopt");
  out.set("uniform_1M", runners.ratio("mt19937, unordered_set", "prefopt"));
  out.set("uniform_1M_filters",
          runners.ratio("mt19937, unordered_set built once", "prefopt, filters built once"));
  out.set("uniform_1M_no_repeats", runners.ratio("mt19937, unordered_set", "prefopt, no repeats"));
}

void popularity_ratios(report& out, const std::string& id, std::int32_t items) {
  if (!out.wants({id})) return;
  workload data(items);
  const samplers::history_table histories(data.lists);
  const samplers::history_view history = histories.view();
  samplers::draw_key key{.seed = 1};
  const samplers::popularity popular(data.counts, {.alpha = 0.75, .repeat = true});
  std::vector<double> weights = data.counts;
  for (double& weight : weights) weight = std::pow(weight, 0.75);
  std::mt19937 random(1);
  std::discrete_distribution<std::int32_t> item(weights.begin(), weights.end());

  // The peer excludes nothing; what histories cost is in the details.
  race runners;
  const samplers::history_view nobody;
  const auto ours = caller(data, popular, nobody, key), with_histories = caller(data, popular, history, key);
  runners.add("prefopt", ours);
  runners.add("prefopt, histories excluded", with_histories);
  runners.add("std::discrete_distribution", [&] {
    for (std::int32_t& negative : data.drawn) negative = item(random);
    benchmark::ClobberMemory();
  });
  runners.run({.budget = 6});
  ours();
  require_allowed(data, "popularity", false);
  with_histories();
  require_allowed(data, "popularity with histories");
  out.keep("popularity^0.75, V = " + std::to_string(items), runners, draws, "prefopt");
  out.set(id, runners.ratio("std::discrete_distribution", "prefopt"));
}

}  // namespace bench
