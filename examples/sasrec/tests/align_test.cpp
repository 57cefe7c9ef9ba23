#include "../align.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "circle.hpp"

using namespace sasrec;

namespace {

const testing::sequence_list sequences = testing::circle(16, 64, 8);
const model_config small{.items = 16, .dim = 16, .max_length = 8, .blocks = 1, .dropout = 0.1f};

align_options quick(const std::string& objective, int negatives) {
  align_options options;
  options.objective = objective;
  options.epochs = 20;
  options.batch_size = 16;
  options.negatives = negatives;
  options.learning_rate = 0.01f;
  options.threads = 1;
  return options;
}

}  // namespace

TEST_CASE(
    "alignment: every objective lowers its own loss and raises what was chosen over what was not, or is "
    "refused") {
  for (const objective_info& info : known_objectives()) {
    CAPTURE(info.id);
    const align_options options = quick(std::string(info.id), info.pairwise() ? 1 : 4);
    const model reference(small);
    model policy = reference;
    training_state state;
    std::vector<epoch_report> reports;
    const auto run = [&] {
      align(policy, reference, sequences, options, state,
            [&](const epoch_report& report) { return reports.push_back(report), true; });
    };
    if (!info.refusal.empty()) {
      CHECK_THROWS_AS(run(), std::invalid_argument);
      continue;
    }
    run();
    CHECK(reports.back().loss < reports.front().loss);
    CHECK(reports.back().accuracy > 0.9);
  }
}

TEST_CASE("alignment: with every sampler something is learned, whenever it looks at scores") {
  for (const std::string& sampler : sampler_names())
    for (const int refresh : {1, 3, 0}) {
      CAPTURE(sampler);
      CAPTURE(refresh);
      align_options options = quick("s_dpo", 3);
      options.sampler = sampler;
      if (sampler == "skip_topk") options.sampling["skip"] = 2;  // of 8 that are left
      options.refresh = refresh;
      options.epochs = 4;
      const model reference(small);
      model policy = reference;
      training_state state;
      std::vector<double> losses;
      align(policy, reference, sequences, options, state,
            [&](const epoch_report& report) { return losses.push_back(report.loss), true; });
      CHECK(losses.back() < losses.front());
    }
}

TEST_CASE("alignment: a run that looks at scores now and then can be continued") {
  align_options options = quick("s_dpo", 3);
  options.sampler = "topk_softmax";
  options.refresh = 3;
  const model reference(small);
  const auto run = [&](int first, int last) {
    model policy = reference;
    training_state state;
    for (options.epochs = first; options.epochs <= last; options.epochs += last - first)
      align(policy, reference, sequences, options, state);
    return policy.item_embeddings();
  };
  const auto whole = [&] {
    model policy = reference;
    training_state state;
    options.epochs = 4;
    align(policy, reference, sequences, options, state);
    return policy.item_embeddings();
  };
  CHECK(run(2, 4) == whole());
}

TEST_CASE("alignment: against any reference, with and without noise, something is learned") {
  for (const std::string& name : reference_names())
    for (const double noise : {0.0, 0.1}) {
      CAPTURE(name);
      align_options options = quick("s_dpo", 4);
      options.reference = {.name = name, .every = 4, .mixup = 0.5, .decay = 0.9};
      options.noise = noise;
      const model reference(small);
      model policy = reference;
      training_state state;
      double accuracy = 0;
      align(policy, reference, sequences, options, state,
            [&](const epoch_report& report) { return accuracy = report.accuracy, true; });
      CHECK(accuracy > 0.8);
      CHECK(state.reference.has_value() == options.reference.moves());
    }
}

TEST_CASE("alignment: what moves along is part of the state: interrupted runs end where whole ones do") {
  for (const auto* objective : {"beta_dpo", "bco"}) {
    CAPTURE(objective);
    align_options options = quick(objective, 1);
    options.epochs = 4;
    options.reference.name = "moving_average";
    const model reference(small);
    model whole = reference, halves = reference;
    training_state state, interrupted;
    align(whole, reference, sequences, options, state);
    options.epochs = 2;
    align(halves, reference, sequences, options, interrupted);
    options.epochs = 4;
    training_state resumed = interrupted;
    align(halves, reference, sequences, options, resumed);
    CHECK(whole.item_embeddings() == halves.item_embeddings());
    CHECK(state.objective == resumed.objective);
    CHECK(state.objective != interrupted.objective);
  }
}

TEST_CASE("alignment: the shards of a batch change nothing for an objective that looks at the whole of it") {
  for (const auto* objective : {"beta_dpo", "aot", "kto"}) {
    CAPTURE(objective);
    model policies[]{model(small), model(small)};
    for (const int shards : {1, 4}) {
      align_options options = quick(objective, 1);
      options.epochs = 2;
      options.shards = shards;
      training_state state;
      align(policies[shards / 4], model(small), sequences, options, state);
    }
    CHECK(policies[0].item_embeddings() == policies[1].item_embeddings());
  }
}

TEST_CASE(
    "alignment: the first batch of S-DPO costs log(1 + K) a position, whatever the dropout of the model") {
  const model reference(small);
  model policy = reference;
  training_state state;
  align_options options = quick("s_dpo", 4);
  options.epochs = 1;
  options.batch_size = 1000;
  align(policy, reference, sequences, options, state, [](const epoch_report& report) {
    CHECK(report.loss == doctest::Approx(std::log(5)).epsilon(1e-5));
    return true;
  });
}

TEST_CASE("alignment: what makes no sense is refused") {
  const auto refuses = [](const align_options& options, const model_config& reference, const char* text) {
    model policy(small);
    training_state state;
    CHECK_THROWS_WITH_AS(align(policy, model(reference), sequences, options, state), text,
                         std::invalid_argument);
  };
  refuses(quick("dpo", 15), small, "negatives is 15, expected 1: dpo compares with a single rejected item");
  align_options options = quick("s_dpo", 3);
  options.reference.name = "ema";
  refuses(options, small, "reference is 'ema', expected one of frozen, none, periodic_sync, moving_average");
  model_config other = small;
  other.items = 17;
  refuses(quick("s_dpo", 3), other,
          "align: the policy has 16 items and reads 8, the reference has 17 and reads 8; expected the same "
          "catalogue "
          "and length");
}
