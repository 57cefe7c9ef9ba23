#include "../full_softmax.hpp"

#include <cstdint>
#include <utility>

#include <doctest/doctest.h>

#include <prefopt/eigen.hpp>
#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>

#include "../random.hpp"
#include "layer_gradients.hpp"

using namespace sasrec;

namespace {

constexpr Index positions = 150, items = 230, dim = 24;

training_shard random_shard() {
  training_shard shard;
  random_stream random(5);
  for (Index t = 0; t < positions; ++t)
    shard.targets.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(items))));
  shard.scale = 0.02f;
  return shard;
}

model random_model() {
  model result({.items = items, .dim = dim, .max_length = 8, .blocks = 1});
  fill_normal(result.item_embeddings(), 1, random_stream(1));
  return result;
}

/// prefopt wants the preferred item in column 0: the target's column and the first one change places.
void exchange_target(matrix& columns, const training_shard& shard) {
  for (Index t = 0; t < columns.rows(); ++t)
    std::swap(columns(t, 0), columns(t, shard.targets[static_cast<std::size_t>(t)]));
}

}  // namespace

TEST_CASE("full softmax: what is trained equals prefopt's softmax over a matrix of all scores") {
  const training_shard shard = random_shard();
  const model policy = random_model();
  const matrix queries = testing::random_matrix<float>(positions, dim, 3);
  for (const double temperature : {1.0, 0.3}) {
    CAPTURE(temperature);
    matrix scores = queries * policy.item_embeddings().transpose(), slopes(positions, items);
    exchange_target(scores, shard);
    const prefopt::result expected =
        prefopt::evaluate(prefopt::softmax({.temperature = temperature}), {.policy = scores}, slopes,
                          {.reduction = prefopt::reduction::sum});
    exchange_target(slopes, shard);
    slopes *= shard.scale;
    const matrix before = testing::random_matrix<float>(items, dim, 4);
    const matrix by_queries = slopes * policy.item_embeddings();
    const matrix by_items = before + slopes.transpose() * queries;

    matrix query_gradient = matrix::Constant(positions, dim, 99), item_gradient = before;
    const shard_result result =
        full_softmax(temperature)(shard, policy, queries, query_gradient, item_gradient);
    CHECK(result.loss == doctest::Approx(expected.loss).epsilon(1e-5));
    CHECK(result.correct == doctest::Approx(expected.accuracy * positions));
    CHECK((query_gradient - by_queries).norm() <= 1e-5f * by_queries.norm());
    CHECK((item_gradient - by_items).norm() <= 1e-5f * (by_items - before).norm());
  }
}
