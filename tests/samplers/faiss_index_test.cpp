#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>
#include <faiss/IndexFlat.h>

#include <prefopt/samplers/exact_scores.hpp>
#include <prefopt/samplers/hard_topk.hpp>
#include <prefopt/samplers/search_index.hpp>
#include <prefopt/samplers/topk_softmax.hpp>
#include <prefopt/samplers/topk_uniform.hpp>

#include "draws.hpp"
#include "on_scores.hpp"

namespace samplers = prefopt::samplers;

TEST_CASE("the best items of faiss's exact index are those of exact scores, and so are the draws") {
  constexpr prefopt::index rows = 300, num_items = 3000, width = 24;
  const auto queries = random_floats(rows * width, 1), catalogue = random_floats(num_items * width, 2);
  faiss::IndexFlatIP index(width);
  index.add(num_items, catalogue.data());
  const samplers::search_index found(
      rows, num_items,
      [&](prefopt::index first, prefopt::index count, prefopt::index k, float* scores, std::int64_t* ids) {
        index.search(count, queries.data() + first * width, k, scores, ids);
      });
  const samplers::exact_scores exact(prefopt::as_matrix(queries, rows, width),
                                     prefopt::as_matrix(catalogue, num_items, width));
  examples users;
  for (std::int32_t u = 0; u < rows; ++u) {
    users.positives.push_back(u);
    users.liked.emplace_back();
    for (std::int32_t i = 0; i < 4 * u; ++i) users.liked.back().push_back((u + 7 * i) % num_items);
  }
  const samplers::history_table histories(users.liked);

  const auto check = [&](const auto& sampler, prefopt::index count) {
    items drawn[2];
    const auto draw_from = [&](const auto& source, items& negatives) {
      negatives.assign(static_cast<std::size_t>(rows * count), -7);
      sampler.draw(source, users.positives, histories.view(), {.seed = 5},
                   prefopt::as_matrix(negatives, rows, count));
    };
    draw_from(found, drawn[0]);
    draw_from(exact, drawn[1]);
    // The two add up a score in different orders, so a few neighbours may change places.
    std::ptrdiff_t different = 0;
    for (std::size_t i = 0; i < drawn[0].size(); ++i) different += drawn[0][i] != drawn[1][i];
    CHECK(different <= rows * count / 500);
  };
  check(samplers::hard_topk{}, 40);
  check(samplers::topk_uniform{.pool = 100}, 15);
  check(samplers::topk_softmax{.pool = 100}, 15);
}
