#include "../network.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "../losses.hpp"
#include "../trainer.hpp"
#include "align.hpp"
#include "full_softmax.hpp"
#include "parameters.hpp"
#include "tests/circle.hpp"
#include "train.hpp"

// Everything here is compared with the Eigen program: the same parameters have to give the same numbers.

using namespace sasrec;

namespace {

constexpr std::int32_t items = 20;
const std::vector<std::vector<std::int32_t>> sequences{
    {0, 1, 2, 3, 4, 11, 12}, {7, 8}, {5, 5, 9, 10, 3}, {19, 18, 17, 16}};

model with_random_parameters(std::uint64_t seed, int heads = 2) {
  model result({.items = items, .dim = 8, .max_length = 7, .heads = heads, .dropout = 0.3f});
  for_each_parameter(
      result, [&](const std::string&, matrix& values) { fill_normal(values, 0.3, random_stream(++seed)); });
  return result;
}

training_shard shard_of_all() {
  training_shard shard;
  for (std::size_t user = 0; user < sequences.size(); ++user) {
    const std::span<const std::int32_t> sequence = sequences[user];
    shard.tokens.append(sequence.first(sequence.size() - 1));
    shard.targets.insert(shard.targets.end(), sequence.begin() + 1, sequence.end());
    shard.users.insert(shard.users.end(), sequence.size() - 1, static_cast<std::int32_t>(user));
  }
  shard.batch_targets = shard.targets;
  shard.scale = 1 / static_cast<float>(shard.targets.size());
  return shard;
}

/// By an objective whose β is other than 1, so that a factor that is missing shows.
candidate_objective objective_of(std::string_view id, const model& reference, double noise = 0) {
  const objective_info& info = find_objective(id);
  objective_settings settings;
  if (info.has_setting("beta")) settings["beta"] = 0.5;
  if (info.has_setting("num_items")) settings["num_items"] = items;
  return {info,
          make_objective(id, settings),
          negative_source({.items = items, .seed = 3}, sequences),
          {.negatives = info.pairwise() ? 1 : 5, .reference = &reference, .noise = noise}};
}

struct passed {
  shard_result result;
  model gradient;
};

passed by_layers(const training_shard& shard, const position_loss& loss, const model& policy) {
  passed done{{}, policy};
  set_zero(done.gradient);
  model::activations kept;
  const matrix& queries = policy.forward(shard.tokens, model::no_dropout, kept);
  matrix query_gradient(queries.rows(), queries.cols());
  done.result = loss(shard, policy, queries, query_gradient, done.gradient.item_embeddings());
  policy.backward(shard.tokens, model::no_dropout, kept, query_gradient, done.gradient);
  return done;
}

passed by_libtorch(const training_shard& shard, const training_loss& loss, const model& policy) {
  const libtorch::network network(policy, at::kCPU);
  libtorch::device_loss on_device(loss, at::kCPU);
  const at::Tensor queries = network.queries(shard.tokens, dropout_mode::off);
  const at::Tensor leaf = queries.detach().requires_grad_();
  passed done{on_device.backward(shard, network, leaf), policy};
  queries.backward(leaf.grad());
  auto parameter = network.parameters().begin();
  for_each_parameter(done.gradient, [&](const std::string&, matrix& values) {
    const at::Tensor gradient = (parameter++)->grad().contiguous();
    values = Eigen::Map<const matrix>(gradient.data_ptr<float>(), values.rows(), values.cols());
  });
  return done;
}

void check_equal(const model& actual, const model& expected, double tolerance) {
  const std::vector<const matrix*> others = parameters_of(expected);
  auto other = others.begin();
  for_each_parameter(actual, [&](const std::string& name, const matrix& values) {
    CAPTURE(name);
    CHECK((values - **other++).cwiseAbs().maxCoeff() < tolerance);
  });
}

void check_same(const passed& actual, const passed& expected) {
  CHECK(actual.result.loss == doctest::Approx(expected.result.loss).epsilon(1e-5));
  CHECK(actual.result.correct == expected.result.correct);
  check_equal(actual.gradient, expected.gradient, 1e-5);
  CHECK(expected.gradient.item_embeddings().norm() > 1e-3f);
}

}  // namespace

TEST_CASE("sasrec_libtorch: the queries of sequences of any length are the Eigen model's") {
  for (const int heads : {1, 2, 4}) {
    const model policy = with_random_parameters(5, heads);
    const training_shard shard = shard_of_all();
    model::activations kept;
    const matrix& expected = policy.forward(shard.tokens, model::no_dropout, kept);
    const at::Tensor queries =
        libtorch::network(policy, at::kCPU).queries(shard.tokens, dropout_mode::off).detach().contiguous();
    REQUIRE(queries.size(0) == expected.rows());
    const Eigen::Map<const matrix> actual(queries.data_ptr<float>(), expected.rows(), expected.cols());
    CHECK((actual - expected).cwiseAbs().maxCoeff() < 1e-5f);
  }
}

TEST_CASE("sasrec_libtorch: loss and gradients of every parameter are the Eigen model's, for any objective") {
  const training_shard shard = shard_of_all();
  const model policy = with_random_parameters(5), reference = with_random_parameters(50);
  for (const objective_info& info : known_objectives()) {
    if (!info.refusal.empty()) continue;
    CAPTURE(info.id);
    // Each evaluation gets an objective of its own: some remember what they saw.
    check_same(by_libtorch(shard, objective_of(info.id, reference), policy),
               by_layers(shard, candidate_loss(objective_of(info.id, reference)), policy));
  }
  check_same(by_libtorch(shard, full_softmax_loss{0.7}, policy), by_layers(shard, full_softmax(0.7), policy));
  check_same(by_libtorch(shard, objective_of("s_dpo", reference, 0.2), policy),
             by_layers(shard, candidate_loss(objective_of("s_dpo", reference, 0.2)), policy));
}

TEST_CASE("sasrec_libtorch: dropout is drawn by step, and differs from step to step") {
  const libtorch::network network(with_random_parameters(5), at::kCPU);
  const packed_sequences tokens = shard_of_all().tokens;
  const auto drawn = [&](std::uint64_t seed) {
    at::manual_seed(seed);
    return network.queries(tokens, dropout_mode::on).detach();
  };
  CHECK(at::equal(drawn(1), drawn(1)));
  CHECK(!at::equal(drawn(1), drawn(2)));
  CHECK(!at::equal(drawn(1), network.queries(tokens, dropout_mode::off).detach()));
}

TEST_CASE("sasrec_libtorch: alignment takes the Eigen program's steps") {
  const testing::sequence_list circle = testing::circle(16, 32, 6);
  const model start({.items = 16, .dim = 16, .max_length = 8, .blocks = 1, .dropout = 0.1f});
  for (const std::string& reference : reference_names()) {
    CAPTURE(reference);
    align_options options;
    options.objective = "s_dpo";
    options.negatives = 4;
    options.epochs = 3;
    options.batch_size = 16;
    options.learning_rate = 1e-3f;
    options.weight_decay = 0.1f;
    options.clip_norm = 0.05f;  // the gradient is longer
    options.threads = 1;
    options.reference = {.name = reference, .every = 2, .decay = 0.5};
    std::vector<double> losses;
    const auto aligned = [&](const backend& compute) {
      model policy = start;
      training_state state;
      align(
          policy, start, circle, options, state,
          [&](const epoch_report& report) { return losses.push_back(report.loss), true; }, {}, compute);
      CHECK(state.optimizer.steps == state.step);
      return policy;
    };
    const model expected = aligned(layers), actual = aligned(libtorch::compute_on(at::kCPU));
    check_equal(actual, expected, 2e-5);
    for (std::size_t epoch = 0; epoch < 3; ++epoch)
      CHECK(losses[3 + epoch] == doctest::Approx(losses[epoch]).epsilon(1e-4));
    CHECK((expected.item_embeddings() - start.item_embeddings()).cwiseAbs().maxCoeff() > 1e-3f);
  }
}

TEST_CASE("sasrec_libtorch: a run continued by the other program equals one that stays") {
  const testing::sequence_list circle = testing::circle(16, 32, 6);
  train_options options;
  options.loss = "bce";
  options.negatives = 2;
  options.batch_size = 16;
  options.threads = 1;
  const auto continued = [&](const backend& first, const backend& second) {
    model policy({.items = 16, .dim = 16, .max_length = 8, .blocks = 1, .dropout = 0});
    training_state state;
    options.epochs = 2;
    train(policy, circle, options, state, {}, {}, first);
    options.epochs = 4;
    train(policy, circle, options, state, {}, {}, second);
    return policy;
  };
  const backend device = libtorch::compute_on(at::kCPU);
  const model expected = continued(layers, layers);
  check_equal(continued(device, layers), expected, 1e-4);
  check_equal(continued(layers, device), expected, 1e-4);
  check_equal(continued(device, device), expected, 1e-4);
}

TEST_CASE("sasrec_libtorch: with dropout a model learns the circle") {
  model policy({.items = 16, .dim = 16, .max_length = 8, .blocks = 1, .dropout = 0.2f});
  train_options options;
  options.epochs = 60;
  options.batch_size = 16;
  options.learning_rate = 0.01f;
  options.threads = 1;
  training_state state;
  train(policy, testing::circle(16, 64, 8), options, state, {}, {}, libtorch::compute_on(at::kCPU));
  CHECK(testing::share_known(policy) == 1);
}

TEST_CASE("sasrec_libtorch: the catalogue is scored as the Eigen program scores it") {
  const model policy = with_random_parameters(5);
  const std::vector<std::int32_t> short_one{3}, long_one{1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::vector<ranking_case> cases(2);
  cases[0].history = short_one;
  cases[1].history = long_one;
  matrix expected, actual;
  score_by_model(policy)(cases, expected);
  libtorch::score_on(at::kCPU, policy)(cases, actual);
  REQUIRE((actual.rows() == 2 && actual.cols() == items));
  CHECK((actual - expected).cwiseAbs().maxCoeff() < 1e-5f);
}

TEST_CASE("sasrec_libtorch: a device is there or is missed by name") {
  CHECK(libtorch::device_named("cpu") == at::Device(at::kCPU));
  CHECK_THROWS_WITH_AS(libtorch::device_named("tpu"), "device is 'tpu', expected cpu or cuda",
                       std::invalid_argument);
  if (at::hasCUDA()) return;
  CHECK_THROWS_WITH_AS(libtorch::device_named("cuda"),
                       "device is cuda, but LibTorch finds no CUDA device: use cpu", std::runtime_error);
}
