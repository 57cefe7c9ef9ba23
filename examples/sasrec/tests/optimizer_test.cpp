#include "../optimizer.hpp"

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "../parameters.hpp"

using namespace sasrec;

namespace {

const model_config tiny{.items = 5, .dim = 4, .max_length = 3, .blocks = 1};

std::vector<model> zero_gradients(std::size_t shards) {
  std::vector<model> gradients(shards, model(tiny));
  for (model& gradient : gradients) set_zero(gradient);
  return gradients;
}

}  // namespace

TEST_CASE("adam: two steps equal the paper's algorithm written out") {
  model parameters(tiny);
  auto gradients = zero_gradients(1);
  adam_state state;
  const adam_options options{.learning_rate = 0.01f, .weight_decay = 0.1f};
  double value = static_cast<double>(parameters.item_embeddings()(2, 1)), first = 0, second = 0;
  for (int step = 1; step <= 2; ++step) {
    const double g = 0.3 * step;
    gradients[0].item_embeddings()(2, 1) = static_cast<float>(g);
    adam_step(parameters, gradients, options, state);
    first = 0.9 * first + 0.1 * g;
    second = 0.98 * second + 0.02 * g * g;
    value -= 0.01 * 0.1 * value;
    value -=
        0.01 * (first / (1 - std::pow(0.9, step))) / (std::sqrt(second / (1 - std::pow(0.98, step))) + 1e-8);
    CHECK(static_cast<double>(parameters.item_embeddings()(2, 1)) == doctest::Approx(value).epsilon(1e-6));
  }
  CHECK(state.steps == 2);
}

TEST_CASE("adam: adds the shards' gradients and leaves them zero") {
  model together(tiny), apart(tiny);
  auto one = zero_gradients(1), three = zero_gradients(3);
  one[0].item_embeddings()(1, 1) = 6;
  for (int shard = 0; shard < 3; ++shard)
    three[static_cast<std::size_t>(shard)].item_embeddings()(1, 1) = static_cast<float>(shard + 1);
  adam_state state_of_one, state_of_three;
  adam_step(together, one, {}, state_of_one);
  adam_step(apart, three, {.threads = 2}, state_of_three);
  CHECK(together.item_embeddings() == apart.item_embeddings());
  for (const model& gradient : three) CHECK(gradient.item_embeddings().isZero(0));
}

TEST_CASE("adam: a gradient longer than clip_norm is scaled to it, over all parameters") {
  model clipped(tiny), short_enough(tiny);
  auto gradients = zero_gradients(1);
  adam_state state, expected;
  gradients[0].item_embeddings()(0, 0) = 30;
  gradients[0].item_embeddings()(4, 3) = 40;
  adam_step(clipped, gradients, {.clip_norm = 5}, state);
  gradients[0].item_embeddings()(0, 0) = 3;
  gradients[0].item_embeddings()(4, 3) = 4;
  adam_step(short_enough, gradients, {.clip_norm = 5}, expected);
  CHECK(state.first[0](0, 0) == doctest::Approx(expected.first[0](0, 0)));
  CHECK(state.second[0](4, 3) == doctest::Approx(expected.second[0](4, 3)));
}
