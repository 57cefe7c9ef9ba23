#include "../train.hpp"

#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "circle.hpp"

using namespace sasrec;

namespace {

// Short sequences: a user's own items are never negatives, so what is seldom together has to be told apart.
const testing::sequence_list sequences = testing::circle(16, 64, 2);
const model_config small{.items = 16, .dim = 16, .max_length = 8, .blocks = 1, .dropout = 0.1f};

train_options quick(const std::string& loss) {
  train_options options;
  options.loss = loss;
  options.epochs = 40;
  options.batch_size = 16;
  options.negatives = 4;
  options.learning_rate = 0.01f;
  options.threads = 1;
  return options;
}

}  // namespace

TEST_CASE("pre-training: every loss learns which item comes next, with every sampler") {
  for (const std::string& loss : train_losses())
    for (const std::string sampler : {"uniform", "popularity", "in_batch"}) {
      CAPTURE(loss);
      CAPTURE(sampler);
      model best(small);
      training_state state;
      train_options options = quick(loss);
      options.sampler = sampler;
      train(best, sequences, options, state);
      CHECK(testing::share_known(best) >= 0.9);
    }
}

TEST_CASE(
    "pre-training: sampled losses do not depend on the number of threads, and continue where they were") {
  model whole(small), parts(small);
  training_state state_of_whole, state_of_parts;
  train_options options = quick("softmax");
  options.epochs = 4;
  options.threads = 3;
  train(whole, sequences, options, state_of_whole);
  options.threads = 1;
  for (options.epochs = 1; options.epochs <= 4; ++options.epochs)
    train(parts, sequences, options, state_of_parts);
  CHECK(whole.item_embeddings() == parts.item_embeddings());
}

TEST_CASE("pre-training: what makes no sense is refused") {
  const auto refuses = [](const train_options& options, const char* text) {
    model best(small);
    training_state state;
    CHECK_THROWS_WITH_AS(train(best, sequences, options, state), text, std::invalid_argument);
  };
  refuses(quick("dpo"), "train: loss is 'dpo', expected one of full_softmax, softmax, bce, gbce");
  train_options options = quick("bce");
  options.negatives = 0;
  refuses(options, "negatives is 0, expected at least 1");
  options = quick("gbce");
  options.log_q = true;
  refuses(options, "logQ correction belongs to softmax, not to gbce");
}
