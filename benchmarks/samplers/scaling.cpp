#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <prefopt/openmp.hpp>
#include <prefopt/samplers/dns.hpp>
#include <prefopt/samplers/exact_scores.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/softmax_negative.hpp>
#include <prefopt/samplers/topk_softmax.hpp>
#include <prefopt/samplers/uniform.hpp>

#include "race.hpp"
#include "ratios.hpp"

namespace bench {
namespace {

namespace samplers = prefopt::samplers;

constexpr prefopt::index users = 256, width = 64;
constexpr std::int32_t history = 50;

/// The most memory that this process ever held, in MB, as Linux counts it; 0 elsewhere.
double peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

/// A catalogue and a batch of users, with room for `most` negatives each.
struct growing_catalogue {
  growing_catalogue(std::int32_t items, prefopt::index most)
      : num_items(items), drawn(static_cast<std::size_t>(users * most)) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::uniform_int_distribution<std::int32_t> item(0, items - 1);
    catalogue.reserve(static_cast<std::size_t>(items * width));  // or its growth would be the peak
    for (prefopt::index i = 0; i < users * width; ++i) queries.push_back(normal(random));
    for (prefopt::index i = 0; i < items * width; ++i) catalogue.push_back(normal(random));
    for (std::int32_t i = 0; i < items; ++i) counts.push_back(1e6 / (1.0 + i));
    lists.resize(static_cast<std::size_t>(users));
    for (auto& list : lists) {
      for (int i = 0; i < history; ++i) list.push_back(item(random));
      positives.push_back(list.front());
    }
  }

  std::int32_t num_items;
  std::vector<float> queries, catalogue;
  std::vector<double> counts;
  std::vector<std::vector<std::int32_t>> lists;
  std::vector<std::int32_t> positives, drawn;
};

using draw_call = std::function<void(prefopt::index negatives, int threads)>;

void print_rows(const char* name, growing_catalogue& data, const draw_call& draw) {
  for (const prefopt::index negatives : {1, 8, 64}) {
    const double before = peak_memory();
    race runners;
    runners.add("one", [&] { draw(negatives, 1); });
    runners.add("two", [&] { draw(negatives, 2); });
    runners.run({.budget = 0.2, .least = 1, .clock = timed_by::wall});
    std::printf("%s\t%d\t%td\t%.4g\t%.4g\t%.3g\t%.0f\n", name, data.num_items, negatives,
                runners.seconds("one") / users * 1e6, runners.seconds("two") / users * 1e6,
                runners.ratio("one", "two"), peak_memory() - before);
    std::fflush(stdout);
  }
}

void print_catalogue(std::int32_t items) {
  growing_catalogue data(items, 64);
  const samplers::history_table histories(data.lists);
  samplers::draw_key key{.seed = 1};
  const samplers::exact_scores scores(prefopt::as_matrix(data.queries, users, width),
                                      prefopt::as_matrix(data.catalogue, items, width));
  const auto unscored = [&](const auto& sampler) {
    return [&, sampler](prefopt::index negatives, int threads) {
      ++key.step;
      sampler.draw(data.positives, histories.view(), key,
                   prefopt::matrix_view<std::int32_t>{data.drawn.data(), users, negatives, negatives, 1},
                   prefopt::openmp(threads));
    };
  };
  const auto scored = [&](const auto& sampler) {
    return [&, sampler](prefopt::index negatives, int threads) {
      ++key.step;
      sampler.draw(scores, data.positives, histories.view(), key,
                   prefopt::matrix_view<std::int32_t>{data.drawn.data(), users, negatives, negatives, 1},
                   prefopt::openmp(threads));
    };
  };
  print_rows("uniform", data, unscored(samplers::uniform{.num_items = items}));
  print_rows("popularity", data, unscored(samplers::popularity(data.counts)));
  print_rows("dns, 5 candidates", data, scored(samplers::dns{}));
  print_rows("topk_softmax, pool 200", data, scored(samplers::topk_softmax{.pool = 200}));
  print_rows("softmax_negative", data, scored(samplers::softmax_negative{}));
}

}  // namespace

void print_sampler_scaling() {
  std::printf("sampler\titems\tnegatives\tus per user, 1 thread\t2 threads\tspeed-up\tMB more at the peak\n");
  for (const std::int32_t items : {10'000, 100'000, 1'000'000}) print_catalogue(items);
}

}  // namespace bench
