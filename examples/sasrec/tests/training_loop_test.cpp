#include "../training_loop.hpp"

#include <cmath>
#include <cstdint>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "../full_softmax.hpp"
#include "../parameters.hpp"
#include "circle.hpp"

using namespace sasrec;
using sasrec::testing::circle;
using sasrec::testing::sequence_list;

namespace {

const model_config small{.items = 12, .dim = 16, .max_length = 8, .blocks = 1, .dropout = 0.2f};
const loop_options quick{.epochs = 4, .batch_size = 8, .learning_rate = 0.01f, .threads = 1};

bool same_parameters(const model& a, const model& b) {
  const auto of_a = parameters_of(a), of_b = parameters_of(b);
  for (std::size_t i = 0; i < of_a.size(); ++i)
    if (*of_a[i] != *of_b[i]) return false;
  return true;
}

/// An objective that costs nothing and moves nothing.
shard_result no_loss(const training_shard&, const model&, const matrix&, matrix& query_gradient, matrix&) {
  query_gradient.setZero();
  return {};
}

model trained(const loop_options& options, training_state& state, const validator& validate = {}) {
  model best(small);
  run_training_loop(best, circle(12, 30, 20), options, layer_trainer(dropout_mode::on, full_softmax(1)),
                    state, {}, validate);
  return best;
}

}  // namespace

TEST_CASE("training: learns which item comes next") {
  loop_options options = quick;
  options.epochs = 30;
  training_state state;
  const model best = trained(options, state);
  CHECK(testing::share_known(best) == 1);
}

TEST_CASE("training: the number of threads changes nothing") {
  training_state of_one, of_three;
  loop_options options = quick;
  const model one = trained(options, of_one);
  options.threads = 3;
  CHECK(same_parameters(one, trained(options, of_three)));
  CHECK(same_parameters(*of_one.latest, *of_three.latest));
}

TEST_CASE("training: the seed changes order and dropout") {
  training_state first, second;
  loop_options options = quick;
  const model one = trained(options, first);
  options.seed = 2;
  CHECK_FALSE(same_parameters(one, trained(options, second)));
}

TEST_CASE("training: interrupted after an epoch and continued, it ends in the same place bit for bit") {
  training_state whole, parts;
  const model expected = trained(quick, whole);
  model best(small);
  for (int epochs = 1; epochs <= quick.epochs; ++epochs) {
    loop_options options = quick;
    options.epochs = epochs;
    run_training_loop(best, circle(12, 30, 20), options, layer_trainer(dropout_mode::on, full_softmax(1)),
                      parts, {}, {});
    parts = training_state(parts);
  }
  CHECK(same_parameters(best, expected));
  CHECK(parts.step == whole.step);
  CHECK(parts.optimizer.second == whole.optimizer.second);
}

TEST_CASE("training: each item but a user's first is a target once an epoch, with what came before it") {
  const sequence_list sequences{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 3}, {5}, {}, {7, 8}};
  std::map<std::pair<int, int>, int> seen;  // (user, target)
  Index positions = 0;
  std::mutex guard;
  const position_loss spy = [&](const training_shard& shard, const model& policy, const matrix& queries,
                                matrix& query_gradient, matrix& item_gradient) {
    const std::lock_guard lock(guard);
    CHECK(queries.rows() == shard.tokens.tokens());
    CHECK(shard.first_token == positions);
    CHECK(shard.scale == doctest::Approx(1.0 / 13));
    for (std::size_t s = 0; s + 1 < shard.tokens.offsets.size(); ++s)
      CHECK(shard.tokens.offsets[s + 1] - shard.tokens.offsets[s] <= 8);
    for (std::size_t t = 0; t < shard.targets.size(); ++t) {
      ++seen[{shard.users[t], shard.targets[t]}];
      CHECK(shard.targets[t] == shard.batch_targets[static_cast<std::size_t>(shard.first_token) + t]);
      const auto& sequence = sequences[static_cast<std::size_t>(shard.users[t])];
      bool follows = false;
      for (std::size_t i = 0; i + 1 < sequence.size(); ++i)
        follows = follows || (sequence[i] == shard.tokens.items[t] && sequence[i + 1] == shard.targets[t]);
      CHECK(follows);
    }
    positions += queries.rows();
    return no_loss(shard, policy, queries, query_gradient, item_gradient);
  };
  model best(small);
  training_state state;
  loop_options options = quick;
  options.epochs = 1;
  run_training_loop(best, sequences, options, layer_trainer(dropout_mode::off, spy), state, {}, {});
  CHECK(positions == 13);
  CHECK(seen.size() == 12);  // user 0 met item 3 twice
  CHECK(seen[{0, 3}] == 2);
  CHECK(seen[{2, 8}] == 0);
  CHECK(seen[{3, 8}] == 1);
}

TEST_CASE(
    "training: stops when validation has not improved for `patience` epochs, and keeps the best parameters") {
  const std::vector<double> scripted{0.0, 0.1, 0.3, 0.2, 0.3, 0.1, 0.9};  // of epochs 0, 1, ...
  std::size_t validated = 0;
  const validator validate = [&](const model&) {
    return validation{.hr10 = 0, .ndcg10 = scripted[validated++]};
  };
  loop_options options = quick;
  options.epochs = 6;
  options.patience = 3;
  training_state state;
  const model best = trained(options, state, validate);
  CHECK(validated == 6);
  CHECK(state.epoch == 5);
  CHECK(state.best_epoch == 2);
  CHECK(state.best_ndcg10 == 0.3);

  options.epochs = 2;
  training_state of_two;
  CHECK(same_parameters(best, trained(options, of_two)));

  options.epochs = 6;  // a run that had stopped stays where it is
  model resumed = best;
  run_training_loop(resumed, circle(12, 30, 20), options, layer_trainer(dropout_mode::on, full_softmax(1)),
                    state, {}, validate);
  CHECK(validated == 6);
}

TEST_CASE("training: keeps the model it started from if no epoch validates better") {
  const validator validate = [score = 1.0](const model&) mutable {
    return validation{.ndcg10 = score -= 0.1};
  };
  training_state state;
  CHECK(same_parameters(trained(quick, state, validate), model(small)));
  CHECK(state.best_epoch == 0);
  CHECK(state.epoch == 4);
}

TEST_CASE("training: reports every epoch, and goes on as long as the callback says so") {
  model best(small);
  training_state state;
  std::vector<epoch_report> reports;
  run_training_loop(best, circle(12, 30, 20), quick, layer_trainer(dropout_mode::on, full_softmax(1)), state,
                    [&](const epoch_report& report) { return reports.push_back(report), report.epoch < 2; },
                    {});
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].epochs == 4);
  CHECK(reports[0].loss == doctest::Approx(std::log(12)).epsilon(0.1));
  CHECK(reports[1].loss < reports[0].loss);
  CHECK(reports[1].accuracy > 0);
  CHECK(reports[1].best);
  CHECK(reports[1].examples_per_second > 0);
  CHECK_FALSE(reports[1].validated);
}

TEST_CASE("training: options and sequences that make no sense are refused by name") {
  const auto refuses = [](const loop_options& options, const sequence_list& sequences, const char* text) {
    model best(small);
    training_state state;
    CHECK_THROWS_WITH_AS(
        run_training_loop(best, sequences, options, layer_trainer(dropout_mode::on, no_loss), state, {}, {}),
        text, std::invalid_argument);
  };
  const sequence_list good{{0, 1}};
  refuses({.epochs = -1}, good, "train: epochs is -1, expected at least 0");
  refuses({.patience = -1}, good, "train: patience is -1, expected at least 0");
  refuses({.batch_size = 0}, good, "train: batch_size is 0, expected at least 1");
  refuses({.learning_rate = 0}, good, "train: learning_rate is 0, expected more than 0");
  refuses({.weight_decay = -1}, good, "train: weight_decay is -1, expected at least 0");
  refuses({.clip_norm = -1}, good, "train: clip_norm is -1, expected at least 0");
  refuses({.threads = 0}, good, "train: threads is 0, expected at least 1");
  refuses({.shards = 0}, good, "train: shards is 0, expected at least 1");
  refuses({}, {{0, 12}}, "train: an item is 12, expected one of the model's 0 .. 11");
  refuses({}, {{0}, {}}, "train: no sequence has two items, there is nothing to learn from");
}

TEST_CASE("training: an exception in a loss reaches the caller") {
  model best(small);
  training_state state;
  const position_loss fails = [](const auto&...) -> shard_result { throw std::runtime_error("no"); };
  loop_options options = quick;
  options.threads = 2;
  CHECK_THROWS_WITH_AS(run_training_loop(best, {{0, 1}, {1, 2}}, options,
                                         layer_trainer(dropout_mode::on, fails), state, {}, {}),
                       "no", std::runtime_error);
}

TEST_CASE("full softmax: loss and gradients equal the cross-entropy over all items, in bands or not") {
  const model policy({.items = 30, .dim = 4, .max_length = 8});
  const Index tokens = 150;  // more than one band
  const matrix queries = 30 * matrix::Random(tokens, 4);
  training_shard shard;
  shard.scale = 0.5f;
  for (Index t = 0; t < tokens; ++t) shard.targets.push_back(static_cast<std::int32_t>(t * 7 % 30));
  matrix query_gradient(tokens, 4), item_gradient = matrix::Ones(30, 4);
  const shard_result result = full_softmax(2)(shard, policy, queries, query_gradient, item_gradient);

  using exact = matrix_of<double>;
  const exact items = policy.item_embeddings().cast<double>(), q = queries.cast<double>();
  exact slopes = (q * items.transpose() / 2).array().exp();
  double loss = 0;
  for (Index t = 0; t < tokens; ++t) {
    const Index target = shard.targets[static_cast<std::size_t>(t)];
    slopes.row(t) /= slopes.row(t).sum();
    loss -= std::log(slopes(t, target));
    slopes(t, target) -= 1;
  }
  slopes *= 0.5 / 2;
  CHECK(result.loss == doctest::Approx(loss).epsilon(1e-5));
  CHECK(query_gradient.cast<double>().isApprox(slopes * items, 1e-4));
  CHECK((item_gradient.cast<double>().array() - 1).matrix().isApprox(slopes.transpose() * q, 1e-4));
}
