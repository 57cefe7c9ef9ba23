// Negatives from an index that you already run, here faiss's: a callback that searches is all that is needed.
#include <algorithm>
#include <cassert>
#include <cstdint>
#include <random>
#include <vector>

#include <faiss/IndexFlat.h>

#include <prefopt/prefopt.hpp>

int main() {
  constexpr prefopt::index users = 8, items = 5000, width = 16, count = 10;
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> queries(users * width), catalogue(items * width);
  for (float& x : queries) x = normal(random);
  for (float& x : catalogue) x = normal(random);
  faiss::IndexFlatIP index(width);
  index.add(items, catalogue.data());

  const prefopt::samplers::search_index source(
      users, items,
      [&](prefopt::index first, prefopt::index rows, prefopt::index wanted, float* scores,
          std::int64_t* found) {
        index.search(rows, queries.data() + first * width, wanted, scores, found);
      });

  // Ten of the fifty hardest items for each user, by the policy's softmax, none that she has chosen.
  const std::vector<std::int32_t> positives{10, 20, 30, 40, 50, 60, 70, 80};
  const prefopt::samplers::history_table history(std::vector<std::vector<std::int32_t>>{
      {10, 11, 12}, {20}, {30, 7}, {40}, {50, 51, 52, 53}, {60}, {70}, {80, 1, 2, 3}});
  const prefopt::samplers::topk_softmax sampler{.pool = 50, .temperature = 0.5};
  std::vector<std::int32_t> negatives(users * count);
  const prefopt::index missing = sampler.draw(source, positives, history.view(), {.seed = 7},
                                              prefopt::as_matrix(negatives, users, count));
  assert(missing == 0);

  // This index is exact, so exact scores draw the same: as sets, for the two add up in different orders.
  std::vector<std::int32_t> same(users * count);
  sampler.draw(prefopt::samplers::exact_scores(prefopt::as_matrix(queries, users, width),
                                               prefopt::as_matrix(catalogue, items, width)),
               positives, history.view(), {.seed = 7}, prefopt::as_matrix(same, users, count));
  std::sort(negatives.begin(), negatives.end());
  std::sort(same.begin(), same.end());
  assert(negatives == same);
}
