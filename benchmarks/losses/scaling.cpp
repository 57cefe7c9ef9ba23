#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <vector>

#include <prefopt/openmp.hpp>

#include "limits.hpp"
#include "loss_batch.hpp"
#include "modes.hpp"
#include "prefopt_calls.hpp"
#include "race.hpp"

namespace bench {
namespace {

/// The traffic of two arrays read and one written, each task on its part of the rows.
float triad_in_parts(const loss_batch& batch, const prefopt::executor& executor) {
  executor.run(executor.tasks, [&](std::size_t task) {
    const std::size_t first = batch.rows * task / executor.tasks * batch.columns;
    loss_batch part = batch;
    part.rows = batch.rows * (task + 1) / executor.tasks - batch.rows * task / executor.tasks;
    part.policy += first;
    part.reference += first;
    part.gradient += first;
    triad(part);
  });
  return 0;
}

struct growing {
  const char* name;
  ours::loss_call* call;
  std::size_t longest;  ///< most candidates
  bool pairs;           ///< cost grows with the pairs of a list, by definition
  bench::relevance labels = relevance::distinct;
};

/// About a million candidates, or thirty million pairs; enough lists to share among threads.
std::size_t lists(const growing& g, std::size_t candidates) {
  const std::size_t most = (std::size_t{1} << 20) / candidates;
  const std::size_t most_by_pairs = (std::size_t{1} << 26) / (candidates * candidates);
  return std::max<std::size_t>(32, g.pairs ? std::min(most, most_by_pairs) : most);
}

void print_row(const growing& g, std::size_t candidates) {
  loss_data data(lists(g, candidates), candidates, g.labels);
  const loss_batch batch = data.batch();
  race runners;
  runners.add("one", [&] { g.call(batch, prefopt::openmp(1)); });
  runners.add("two", [&] { g.call(batch, prefopt::openmp(2)); });
  runners.run({.budget = 0.3, .least = 9, .clock = timed_by::wall});
  const auto ns = [&](const char* name) {
    return runners.seconds(name) / static_cast<double>(batch.size()) * 1e9;
  };
  std::printf("%s\t%zu\t%zu\t%.4g\t%.4g\t%.3g\n", g.name, candidates, batch.rows, ns("one"), ns("two"),
              runners.ratio("one", "two"));
  std::fflush(stdout);
}

}  // namespace

void print_scaling() {
  const std::vector<growing> objectives{
      {"limit: triad", triad_in_parts, 65536, false},
      {"s_dpo", ours::s_dpo, 65536, false},
      {"bpr", ours::bpr, 65536, false},
      {"plackett_luce", ours::plackett_luce_in_order, 65536, false},
      {"ranknet, one relevant", ours::ranknet, 65536, false, relevance::one},
      {"ranknet, all pairs", ours::ranknet, 1024, true},
  };
  std::printf("objective\tcandidates\texamples\tns per candidate, 1 thread\t2 threads\tspeed-up\n");
  for (const growing& g : objectives)
    for (std::size_t candidates = 2; candidates <= g.longest; candidates *= 2) {
      print_row(g, candidates);
      if (candidates >= 16 && candidates <= 128) print_row(g, candidates + candidates / 2);
    }
}

}  // namespace bench
