#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/cuda.cuh>
#include <prefopt/samplers.hpp>

/// \file
/// What nvcc makes of the host's samplers: packs of one lane, and the same draws. Needs no device.

namespace {

namespace samplers = prefopt::samplers;
using prefopt::index;

constexpr index rows = 7, num_items = 301, width = 9, count = 6;

/// Whole numbers, whose products are exact in any order, with ties.
std::vector<float> whole_numbers(index size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> numbers;
  for (index i = 0; i < size; ++i) numbers.push_back(static_cast<float>(static_cast<int>(random() % 9) - 4));
  return numbers;
}

struct example {
  std::vector<float> queries = whole_numbers(rows * width, 1),
                     catalogue = whole_numbers(num_items * width, 2), scores;
  std::vector<std::int32_t> positives{5, 0, 300, 17, 4, 4, 123};

  example() {
    for (index b = 0; b < rows; ++b)
      for (index i = 0; i < num_items; ++i) {
        float sum = 0;
        for (index k = 0; k < width; ++k)
          sum += queries[static_cast<std::size_t>(b * width + k)] *
                 catalogue[static_cast<std::size_t>(i * width + k)];
        scores.push_back(sum);
      }
  }

  template <class Sampler, class Source>
  std::vector<std::int32_t> draw(const Sampler& sampler, const Source& source) const {
    std::vector<std::int32_t> drawn(rows * count, -7);
    sampler.draw(source, positives, {}, {.seed = 3, .step = 5}, prefopt::as_matrix(drawn, rows, count));
    return drawn;
  }
  template <class Sampler>
  std::vector<std::int32_t> draw_from_products(const Sampler& sampler) const {
    return draw(sampler, samplers::exact_scores(prefopt::as_matrix(queries, rows, width),
                                                prefopt::as_matrix(catalogue, num_items, width)));
  }
  template <class Sampler>
  std::vector<std::int32_t> draw_from_scores(const Sampler& sampler) const {
    return draw(sampler, samplers::score_rows(prefopt::as_matrix(scores, rows, num_items)));
  }
};

TEST_CASE("the_best_items_are_those_of_a_sort") {
  const example given;
  std::vector<std::int32_t> expected;
  for (index b = 0; b < rows; ++b) {
    const float* const row = &given.scores[static_cast<std::size_t>(b * num_items)];
    std::vector<std::int32_t> items;
    for (std::int32_t i = 0; i < num_items; ++i)
      if (i != given.positives[static_cast<std::size_t>(b)]) items.push_back(i);
    std::stable_sort(items.begin(), items.end(), [&](auto i, auto j) { return row[i] > row[j]; });
    expected.insert(expected.end(), items.begin(), items.begin() + count);
  }
  CHECK(given.draw_from_products(samplers::hard_topk{}) == expected);
  CHECK(given.draw_from_scores(samplers::hard_topk{}) == expected);
}

TEST_CASE("products_and_given_scores_are_drawn_from_alike") {
  const example given;
  const auto check = [&](const auto& sampler) {
    CHECK(given.draw_from_products(sampler) == given.draw_from_scores(sampler));
  };
  check(samplers::topk_softmax{.pool = 40, .temperature = 2});
  check(samplers::softmax_negative{.temperature = 10});
  check(samplers::self_play{.temperature = 5});
}

}  // namespace
