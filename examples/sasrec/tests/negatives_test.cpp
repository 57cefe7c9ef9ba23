#include "../negatives.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace sasrec;

namespace {

constexpr std::int32_t items = 12;
const std::vector<std::vector<std::int32_t>> sequences{{0, 1, 2, 3, 4, 0}, {7, 8, 0}, {0, 9, 10}};

negative_source source(const std::string& sampler, const sampler_settings& settings = {}) {
  return negative_source({.sampler = sampler, .settings = settings, .items = items, .seed = 5}, sequences);
}

/// The positions of users [first, end), as one shard of the batch of all three.
training_shard shard_of(std::size_t first, std::size_t end, std::vector<std::int32_t>& batch_targets) {
  training_shard shard;
  batch_targets.clear();
  for (std::size_t user = 0; user < sequences.size(); ++user) {
    const std::span<const std::int32_t> sequence = sequences[user];
    if (user == first) shard.first_token = static_cast<Index>(batch_targets.size());
    batch_targets.insert(batch_targets.end(), sequence.begin() + 1, sequence.end());
    if (user < first || user >= end) continue;
    shard.tokens.append(sequence.first(sequence.size() - 1));
    shard.targets.insert(shard.targets.end(), sequence.begin() + 1, sequence.end());
    shard.users.insert(shard.users.end(), sequence.size() - 1, static_cast<std::int32_t>(user));
  }
  shard.batch_targets = batch_targets;
  shard.step = 3;
  return shard;
}

candidate_matrix drawn(const negative_source& from, const training_shard& shard, Index negatives) {
  candidate_matrix candidates(shard.tokens.tokens(), 1 + negatives);
  from.draw(shard, candidates);
  return candidates;
}

}  // namespace

TEST_CASE("negatives: the target comes first, and no item of the user's own sequence after it") {
  std::vector<std::int32_t> batch;
  const training_shard shard = shard_of(0, 3, batch);
  for (const std::string sampler : {"uniform", "popularity", "in_batch"}) {
    CAPTURE(sampler);
    const candidate_matrix candidates = drawn(source(sampler), shard, 3);
    for (Index t = 0; t < candidates.rows(); ++t) {
      CHECK(candidates(t, 0) == shard.targets[static_cast<std::size_t>(t)]);
      const auto& own = sequences[static_cast<std::size_t>(shard.users[static_cast<std::size_t>(t)])];
      for (Index c = 1; c < 4; ++c) CHECK(std::find(own.begin(), own.end(), candidates(t, c)) == own.end());
    }
  }
}

TEST_CASE("negatives: samplers draw from the catalogue, from what was chosen, and from the batch's targets") {
  std::vector<std::int32_t> batch;
  const training_shard shard = shard_of(1, 2, batch);  // user 1, who chose 7, 8 and 0
  const auto items_of = [&](const std::string& sampler) {
    const candidate_matrix candidates = drawn(source(sampler), shard, 11);
    std::set<std::int32_t> all(candidates.data() + 1, candidates.data() + 12);
    all.erase(-1);
    return all;
  };
  CHECK(items_of("uniform") == std::set<std::int32_t>{1, 2, 3, 4, 5, 6, 9, 10, 11});
  CHECK(items_of("popularity") == std::set<std::int32_t>{1, 2, 3, 4, 9, 10});
  CHECK(items_of("in_batch") == std::set<std::int32_t>{1, 2, 3, 4, 9, 10});
}

TEST_CASE("negatives: a place that cannot be filled is -1, at the end") {
  std::vector<std::int32_t> batch;
  const candidate_matrix candidates = drawn(source("in_batch"), shard_of(1, 2, batch), 8);
  CHECK((candidates.leftCols(7).array() >= 0).all());
  CHECK((candidates.rightCols(2).array() == -1).all());
}

TEST_CASE("negatives: how a batch is cut into shards changes nothing, another step does") {
  std::vector<std::int32_t> batch, same_batch;
  training_shard last = shard_of(2, 3, same_batch);
  const training_shard all = shard_of(0, 3, batch);
  for (const std::string sampler : {"uniform", "popularity", "in_batch"}) {
    CAPTURE(sampler);
    last.step = all.step;
    CHECK(drawn(source(sampler), all, 3).bottomRows(2) == drawn(source(sampler), last, 3));
    last.step = 4;
    CHECK(drawn(source(sampler), all, 3).bottomRows(2) != drawn(source(sampler), last, 3));
  }
}

TEST_CASE("negatives: log_q is the logarithm of how often the sampler proposes an item") {
  std::vector<std::int32_t> batch;
  const training_shard shard = shard_of(1, 2, batch);
  candidate_matrix candidates(2, 3);
  candidates << 8, 3, 9, 0, 10, -1;
  matrix log_q;
  source("uniform").log_q(shard, candidates, log_q);
  CHECK(log_q(0, 0) == doctest::Approx(std::log(1.0 / items)));
  CHECK(log_q(1, 1) == doctest::Approx(std::log(1.0 / items)));
  source("in_batch").log_q(shard, candidates, log_q);
  CHECK(log_q(0, 1) == doctest::Approx(std::log(1.0 / 12)));
  CHECK(log_q(1, 0) == doctest::Approx(std::log(4.0 / 12)));
  source("popularity", {{"alpha", 0.5}}).log_q(shard, candidates, log_q);
  CHECK(log_q(0, 1) == doctest::Approx(std::log(1.0 / (8 + 2))));
  CHECK(log_q(1, 0) == doctest::Approx(std::log(2.0 / (8 + 2))));
  CHECK(log_q(1, 2) == 0);
}

TEST_CASE("negatives: every sampler draws items that the user never chose, each in a row once") {
  std::vector<std::int32_t> batch;
  const training_shard shard = shard_of(0, 3, batch);
  matrix queries(shard.tokens.tokens(), 2), table(items, 2);
  for (Index i = 0; i < queries.rows(); ++i) queries.row(i) << 1.0f, static_cast<float>(i);
  for (Index i = 0; i < table.rows(); ++i)
    table.row(i) << static_cast<float>(i), 0.1f * static_cast<float>(i % 3);
  for (const std::string& sampler : sampler_names()) {
    CAPTURE(sampler);
    candidate_matrix candidates(queries.rows(), 4);
    const negative_source from = source(sampler);
    from.draw(shard, queries, table, candidates);
    CHECK((candidates.array() >= 0).any());
    for (Index t = 0; t < candidates.rows(); ++t) {
      CHECK(candidates(t, 0) == shard.targets[static_cast<std::size_t>(t)]);
      const auto& own = sequences[static_cast<std::size_t>(shard.users[static_cast<std::size_t>(t)])];
      std::set<std::int32_t> seen;
      for (Index k = 1; k < 4; ++k) {
        if (candidates(t, k) < 0) continue;
        CHECK(std::find(own.begin(), own.end(), candidates(t, k)) == own.end());
        CHECK(seen.insert(candidates(t, k)).second);
      }
    }
    if (!from.is_scored()) continue;
    CHECK_THROWS_WITH_AS(from.draw(shard, candidates),
                         ("sampler " + sampler + " looks at scores, and there are none").c_str(),
                         std::invalid_argument);
  }
}

TEST_CASE("negatives: samplers that look at scores see those they are given") {
  std::vector<std::int32_t> batch;
  const training_shard shard = shard_of(1, 2, batch);  // user 1, who chose 7, 8 and 0
  const matrix queries = matrix::Ones(2, 1);
  matrix table(items, 1);
  for (Index i = 0; i < items; ++i) table(i, 0) = static_cast<float>(i);
  const auto first = [&](const std::string& sampler, const sampler_settings& settings) {
    candidate_matrix candidates(2, 2);
    source(sampler, settings).draw(shard, queries, table, candidates);
    return candidates(0, 1);
  };
  CHECK(first("hard_topk", {}) == 11);
  CHECK(first("self_play", {}) == 11);
  CHECK(first("topk_uniform", {{"pool", 1}}) == 11);
  CHECK(first("topk_softmax", {{"temperature", 1e-6}}) == 11);
  CHECK(first("softmax_negative", {{"temperature", 1e-6}}) == 11);
  CHECK(first("skip_topk", {{"skip", 2}, {"pool", 1}}) == 9);
  CHECK(first("dns", {{"candidates", 1000}}) == 11);
  CHECK(first("hard_topk", {{"guard", 0.5}}) ==
        6);  // no higher than the target, 8, and a half; 7 and 8 are hers
  CHECK(first("ahns", {{"candidates", 1000}, {"beta", 0}}) == 1);  // nearest to 0, which is hers
  CHECK(first("curriculum", {{"largest", 2}, {"pool", 1}, {"last_step", 1}}) == 11);  // the shard's step is 3
  CHECK(first("mixture", {{"share", 1}, {"pool", 1}}) == 11);
}

TEST_CASE("negatives: settings that make no sense are named") {
  const auto error_of = [](const std::string& sampler, const sampler_settings& settings) -> std::string {
    try {
      source(sampler, settings);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  CHECK(error_of("uniform", {{"pool", 5}}) == "sampler uniform has no settings, found 'pool'");
  CHECK(error_of("topk_uniform", {{"temperature", 5}}) ==
        "sampler topk_uniform has no setting 'temperature', expected one of guard, pool");
  CHECK(error_of("topk_uniform", {{"pool", 0}}) == "topk_uniform::draw: pool is 0, expected at least 1");
  CHECK(error_of("topk_uniform", {{"pool", 2.5}}) == "topk_uniform: pool is 2.5, expected a whole number");
  CHECK(error_of("mixture", {{"share", 2}}) == "mixture: share is 2, expected 0 to 1");
  CHECK(error_of("curriculum", {{"last_step", -1}}) == "curriculum: last_step is -1, expected at least 0");
  for (const std::string sampler : {"topk_softmax", "softmax_negative"})
    CHECK(
        error_of(sampler, {{"temperature", 0}}).starts_with(sampler + "::draw: temperature is 0, expected"));
}

TEST_CASE("negatives: an unknown sampler and an unknown item are refused") {
  CHECK_THROWS_WITH_AS(source("popular"),
                       "sampler is 'popular', expected one of uniform, popularity, in_batch, hard_topk, "
                       "topk_uniform, topk_softmax, skip_topk, dns, softmax_negative, self_play, ahns, "
                       "curriculum, mixture",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(negative_source({.items = 10}, sequences),
                       "train: an item is 10, expected one of the model's 0 .. 9", std::invalid_argument);
}
