#include "../candidate_loss.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "../layers/candidate_scores.hpp"
#include "../layers/catalogue_normaliser.hpp"
#include "layer_gradients.hpp"

using namespace sasrec;

namespace {

constexpr std::int32_t items = 20;
const model_config small{.items = items, .dim = 4, .max_length = 8, .blocks = 1};
const std::vector<std::vector<std::int32_t>> sequences{{0, 1, 2, 3, 4}, {7, 8, 9}};

negative_source uniform_source() { return negative_source({.items = items, .seed = 3}, sequences); }

training_shard shard_of_both() {
  training_shard shard;
  for (std::size_t user = 0; user < sequences.size(); ++user) {
    const std::span<const std::int32_t> sequence = sequences[user];
    shard.tokens.append(sequence.first(sequence.size() - 1));
    shard.targets.insert(shard.targets.end(), sequence.begin() + 1, sequence.end());
    shard.users.insert(shard.users.end(), sequence.size() - 1, static_cast<std::int32_t>(user));
  }
  shard.scale = 0.25f;
  return shard;
}

model with_random_embeddings(std::uint64_t seed) {
  model result(small);
  fill_normal(result.item_embeddings(), 1, random_stream(seed));
  return result;
}

/// By an objective whose β is other than 1, so that a factor that is missing shows.
position_loss loss_of(std::string_view id, const candidate_options& options) {
  const objective_info& info = find_objective(id);
  objective_settings settings;
  if (info.has_setting("beta")) settings["beta"] = 0.5;
  if (info.has_setting("num_items")) settings["num_items"] = items;
  return candidate_loss({info, make_objective(id, settings), uniform_source(), options});
}

/// Neither refused nor with something that counts as a constant (a strength, a threshold, a rank, a selection), which
/// central differences would see move; nor as steep as mapo is by default.
bool is_smooth(std::string_view id) {
  constexpr std::string_view not_smooth[]{"gpm",
                                          "dove",
                                          "beta_dpo",
                                          "hanorec",
                                          "dama",
                                          "dynamicpo",
                                          "dynamicpo_dmpo_v2",
                                          "dynamicpo_sdpo",
                                          "dynamicpo_mppo",
                                          "kto",
                                          "bco",
                                          "lipo_lambda",
                                          "lambda_loss",
                                          "mapo"};
  return std::find(std::begin(not_smooth), std::end(not_smooth), id) == std::end(not_smooth);
}

}  // namespace

TEST_CASE("candidate loss: gradients of all objectives without constants agree with central differences") {
  const model reference = with_random_embeddings(1);
  const training_shard shard = shard_of_both();
  for (const objective_info& info : known_objectives()) {
    if (!is_smooth(info.id)) continue;
    CAPTURE(info.id);
    const position_loss loss =
        loss_of(info.id, {.negatives = info.pairwise() ? 1 : 5, .reference = &reference});
    model policy = with_random_embeddings(2);
    matrix queries = testing::random_matrix<float>(shard.tokens.tokens(), 4, 3);
    matrix query_gradient(queries.rows(), 4), item_gradient = matrix::Zero(items, 4);
    loss(shard, policy, queries, query_gradient, item_gradient);

    matrix ignored_queries(queries.rows(), 4), ignored_items = matrix::Zero(items, 4);
    const auto value = [&] {
      return shard.scale * loss(shard, policy, queries, ignored_queries, ignored_items).loss;
    };
    const auto worst = [&](matrix& values, const matrix& gradient) {
      double error = 0;
      for (Index i = 0; i < values.size(); ++i) {
        const float original = values.data()[i], step = 1.0f / 256;
        values.data()[i] = original + step;
        const double above = value();
        values.data()[i] = original - step;
        const double slope = (above - value()) / (2 * static_cast<double>(step));
        values.data()[i] = original;
        error = std::max(error, std::abs(static_cast<double>(gradient.data()[i]) - slope));
      }
      return error;
    };
    CHECK(worst(queries, query_gradient) < 1e-3);
    CHECK(worst(policy.item_embeddings(), item_gradient) < 1e-3);
    CHECK(query_gradient.norm() > 0.01f);
  }
}

TEST_CASE("candidate loss: with policy and reference equal, S-DPO costs log(1 + K)") {
  const model policy = with_random_embeddings(1);
  const training_shard shard = shard_of_both();
  model::activations kept;
  const matrix queries = policy.forward(shard.tokens, model::no_dropout, kept);
  matrix query_gradient(queries.rows(), 4), item_gradient = matrix::Zero(items, 4);
  const shard_result result = candidate_loss({find_objective("s_dpo"),
                                              make_objective("s_dpo"),
                                              uniform_source(),
                                              {.negatives = 7, .reference = &policy}})(
      shard, policy, queries, query_gradient, item_gradient);
  CHECK(result.loss == doctest::Approx(6 * std::log(8)).epsilon(1e-5));
}

TEST_CASE("candidate loss: KTO compares with the mean log-ratio of targets that belong elsewhere") {
  const model reference = with_random_embeddings(1), policy = with_random_embeddings(2);
  const training_shard shard = shard_of_both();
  const matrix queries = testing::random_matrix<float>(shard.tokens.tokens(), 4, 3);
  model::activations kept;
  const matrix before = reference.forward(shard.tokens, model::no_dropout, kept);
  const auto log_probability = [](const matrix& query, const matrix& table, Index t, std::int32_t item) {
    const Eigen::VectorXf scores = table * query.row(t).transpose();
    return static_cast<double>(scores(item) - std::log(scores.array().exp().sum()));
  };
  double kl = 0;
  const std::vector<std::int32_t> elsewhere{4, 8, 9, 1, 2, 3};  // half of the six targets on
  for (Index t = 0; t < 6; ++t) {
    const std::int32_t item = elsewhere[static_cast<std::size_t>(t)];
    kl += (log_probability(queries, policy.item_embeddings(), t, item) -
           log_probability(before, reference.item_embeddings(), t, item)) /
          6;
  }
  REQUIRE(kl > 0.1);
  const auto cost = [&](double z) {  // of the targets alone, which are half of the items
    double sum = 0;
    for (Index t = 0; t < 6; ++t) {
      const std::int32_t item = shard.targets[static_cast<std::size_t>(t)];
      const double a = log_probability(queries, policy.item_embeddings(), t, item) -
                       log_probability(before, reference.item_embeddings(), t, item);
      sum += 0.5 / (1 + std::exp(a - z));
    }
    return sum;
  };
  matrix query_gradient(6, 4), item_gradient = matrix::Zero(items, 4);
  const shard_result result = candidate_loss(
      {find_objective("kto"),
       make_objective("kto", {{"beta", 1}, {"undesirable_weight", 1e-12}}),
       uniform_source(),
       {.negatives = 1, .reference = &reference}})(shard, policy, queries, query_gradient, item_gradient);
  CHECK(result.loss == doctest::Approx(cost(kl)).epsilon(1e-4));
}

TEST_CASE("candidate loss: noise moves the loss, differs from step to step and not from call to call") {
  const model reference = with_random_embeddings(1);
  training_shard shard = shard_of_both();
  model::activations kept;
  const matrix queries = reference.forward(shard.tokens, model::no_dropout, kept);
  matrix query_gradient(queries.rows(), 4), item_gradient = matrix::Zero(items, 4);
  const auto cost = [&](double noise, std::uint64_t step) {
    shard.step = step;
    return loss_of("nll", {.negatives = 1, .noise = noise})(shard, reference, queries, query_gradient,
                                                            item_gradient)
        .loss;
  };
  CHECK(cost(0, 0) == cost(0, 1));
  CHECK(cost(0.1, 0) != cost(0, 0));
  CHECK(cost(0.1, 0) != cost(0.1, 1));
  CHECK(cost(0.1, 1) == cost(0.1, 1));
  CHECK(cost(0.1, 0) == doctest::Approx(cost(0, 0)).epsilon(0.2));
}

TEST_CASE("candidate loss: what makes no sense is refused") {
  const auto refuses = [](const char* objective, int negatives, bool log_q, const std::string& text) {
    CHECK_THROWS_WITH_AS(loss_of(objective, {.negatives = negatives, .log_q = log_q}), text.c_str(),
                         std::invalid_argument);
  };
  for (const char* pairwise : {"dpo", "cdpo", "robust_dpo", "ipo", "hinge", "rpo", "simpo", "bt_ties"})
    refuses(pairwise, 2, false,
            std::string("negatives is 2, expected 1: ") + pairwise + " compares with a single rejected item");
  refuses("s_dpo", 0, false, "negatives is 0, expected at least 1");
  refuses("bce", 1, true, "logQ correction belongs to softmax, not to bce");
}

TEST_CASE("catalogue normalisers: value and gradients agree with the formula and central differences") {
  using number = long double;
  auto queries = testing::random_matrix<number>(5, 3, 1), item_rows = testing::random_matrix<number>(7, 3, 2);
  const auto weights = testing::random_matrix<number>(5, 1, 3);
  matrix_of<number> normalisers;
  catalogue_normalisers(queries, item_rows, normalisers);
  const matrix_of<number> scores = queries * item_rows.transpose();
  for (Index t = 0; t < 5; ++t)
    CHECK(static_cast<double>(normalisers(t, 0)) ==
          doctest::Approx(static_cast<double>(std::log(scores.row(t).array().exp().sum()))).epsilon(1e-14));

  matrix_of<number> query_gradient = matrix_of<number>::Zero(5, 3),
                    item_gradient = matrix_of<number>::Zero(7, 3);
  catalogue_normalisers_backward(queries, item_rows, normalisers, weights, query_gradient, item_gradient);
  const auto value = [&] {
    catalogue_normalisers(queries, item_rows, normalisers);
    return normalisers.cwiseProduct(weights).sum();
  };
  testing::check_gradient(queries, query_gradient, value, "queries");
  testing::check_gradient(item_rows, item_gradient, value, "items");
}
