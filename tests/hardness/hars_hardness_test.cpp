#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/hardness/hars_hardness.hpp>

#include "support/error_text.hpp"
#include "support/matrix.hpp"
#include "support/thread_executor.hpp"

namespace {

using prefopt::as_matrix;
using prefopt::index;
using test::matrix;
const double sigmoid_of_root_2 = 1 / (1 + std::exp(-std::sqrt(2.0)));

struct world {
  matrix<float> text, image;
  std::vector<double> vectors;
  prefopt::item_neighbours near;

  world(index items, index count, std::uint64_t seed = 1)
      : text(test::random_scores<float>(items, 6, 1, seed)),
        image(test::random_scores<float>(items, 6, 3, seed + 1)) {
    vectors = prefopt::fuse_embeddings<float>(text, image);
    near = prefopt::nearest_items(as_matrix(vectors, items, 6), count);
  }
};

TEST_CASE("fused_vectors_have_length_1_and_do_not_know_the_inputs'_lengths") {
  world x(50, 3);
  for (index item = 0; item < 50; ++item) {
    double squares = 0;
    for (index j = 0; j < 6; ++j) squares += std::pow(x.vectors[static_cast<std::size_t>(item * 6 + j)], 2);
    CHECK(squares == doctest::Approx(1));
  }
  matrix<float> longer = x.text;
  for (float& value : longer.values()) value *= 4;
  CHECK(prefopt::fuse_embeddings<float>(longer, x.image) == x.vectors);
  matrix<float> empty(50, 6, 0);
  const auto text_alone = prefopt::fuse_embeddings<float>(x.text),
             same = prefopt::fuse_embeddings<float>(x.text, empty);
  CHECK(text_alone == same);
  for (const double value : prefopt::fuse_embeddings<float>(empty)) REQUIRE(value == 0);
}

TEST_CASE("neighbours_are_the_nearest_others_best_first_and_threads_change_nothing") {
  const world x(60, 7);
  for (index anchor = 0; anchor < 60; ++anchor) {
    const auto product = [&](index other) {
      double sum = 0;
      for (index j = 0; j < 6; ++j)
        sum += x.vectors[static_cast<std::size_t>(anchor * 6 + j)] *
               x.vectors[static_cast<std::size_t>(other * 6 + j)];
      return sum;
    };
    std::vector<index> others;
    for (index other = 0; other < 60; ++other)
      if (other != anchor) others.push_back(other);
    std::stable_sort(others.begin(), others.end(), [&](index a, index b) { return product(a) > product(b); });
    for (index i = 0; i < 7; ++i)
      REQUIRE(x.near.ids[static_cast<std::size_t>(anchor * 7 + i)] == others[static_cast<std::size_t>(i)]);
  }
  const auto threaded = prefopt::nearest_items(as_matrix(x.vectors, 60, 6), 7, one_thread_each(5));
  CHECK(threaded.ids == x.near.ids);
  CHECK(threaded.scores == x.near.scores);
}

TEST_CASE("of_equally_near_items_the_smaller_id_comes_first") {
  const std::vector<double> alike(12, 0.5);
  CHECK(prefopt::nearest_items(as_matrix(alike, 6, 2), 2).ids ==
        std::vector<std::int32_t>{1, 2, 0, 2, 0, 1, 0, 1, 0, 1, 0, 1});
}

TEST_CASE("deltas_and_hardness_stay_within_their_bounds") {
  const world x(80, 5);
  std::mt19937 generator(1);
  const index samples = 10'000;
  matrix<std::int32_t> preferred(samples, 1), rejected(samples, 3);
  for (std::int32_t& item : preferred.values()) item = static_cast<std::int32_t>(generator() % 80);
  for (std::int32_t& item : rejected.values()) item = static_cast<std::int32_t>(generator() % 80);
  for (index k = 0; k < 3; ++k) rejected(0, k) = preferred(0);
  const auto deltas = prefopt::hars_deltas(x.near, prefopt::view(std::as_const(preferred)),
                                           prefopt::view(std::as_const(rejected)));
  const auto hardness = prefopt::hars_hardness(deltas);
  CHECK(deltas[0] == 0);
  double mean = 0;
  for (std::size_t b = 0; b < deltas.size(); ++b) {
    REQUIRE(deltas[b] >= 0);
    REQUIRE(deltas[b] <= std::sqrt(2.0));
    REQUIRE(hardness[b] >= 0.5 / sigmoid_of_root_2);
    REQUIRE(hardness[b] <= sigmoid_of_root_2 / 0.5);
    mean += hardness[b] / static_cast<double>(samples);
  }
  CHECK(mean == doctest::Approx(1).epsilon(1e-3));
}

TEST_CASE("a_pair_with_a_place_left_empty_does_not_count") {
  const world x(20, 4);
  const matrix<std::int32_t> preferred{{3}}, both{{5, -1}}, one{{5}}, none{{-1}};
  const auto delta = [&](const matrix<std::int32_t>& rejected) {
    return prefopt::hars_deltas(x.near, prefopt::view(preferred), prefopt::view(rejected))[0];
  };
  CHECK(delta(both) == delta(one));
  CHECK(delta(none) == 0);
}

TEST_CASE("arguments_that_make_no_sense_are_refused") {
  const matrix<float> text(4, 3, 1), image(4, 2, 1);
  CHECK(error_text([&] { prefopt::fuse_embeddings<float>(text, image); }) ==
        "fuse_embeddings: image is [4, 2], expected [4, 3] (the shape of text)");
  CHECK(error_text([&] { prefopt::fuse_embeddings<float>({}); }) ==
        "fuse_embeddings: text is absent, expected [V, d] vectors");
  const std::vector<double> vectors(12, 1.0);
  CHECK(error_text([&] { prefopt::nearest_items(as_matrix(vectors, 4, 3), 4); }) ==
        "nearest_items: count is 4, expected a value in [1, 4) (the other items)");
  const auto near = prefopt::nearest_items(as_matrix(vectors, 4, 3), 2);
  const matrix<std::int32_t> two{{0}, {1}}, one{{0}}, beyond{{4}};
  CHECK(error_text([&] { prefopt::hars_deltas(near, prefopt::view(two), prefopt::view(one)); }) ==
        "hars_deltas: preferred is [2, 1], expected [1, 1] or [1, 1] (the shape of rejected)");
  CHECK(error_text([&] { prefopt::hars_deltas(near, prefopt::view(one), prefopt::view(beyond)); }) ==
        "hars_deltas: an item is 4, expected below 4");
}

}  // namespace
