/// \file
/// The scored samplers' draws against their laws, and their laws against the specification's tables; where there is no
/// table, against an enumeration.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/ahns.hpp>
#include <prefopt/samplers/curriculum.hpp>
#include <prefopt/samplers/dns.hpp>
#include <prefopt/samplers/hard_topk.hpp>
#include <prefopt/samplers/mixture.hpp>
#include <prefopt/samplers/self_play.hpp>
#include <prefopt/samplers/skip_topk.hpp>
#include <prefopt/samplers/softmax_negative.hpp>
#include <prefopt/samplers/topk_softmax.hpp>
#include <prefopt/samplers/topk_uniform.hpp>

#include "laws.hpp"
#include "on_scores.hpp"

namespace samplers = prefopt::samplers;
using samplers::weighted;

namespace {

/// Every case of a table: `make(hyper)` is the sampler.
void check_table(const std::string& name, const auto& make) {
  for (const json& golden : golden_cases(name)) {
    CAPTURE(golden.at("name").get<std::string>());
    CAPTURE(golden.at("hyper").dump());
    check_golden_law(on_scores(make(golden.at("hyper")), golden.at("inputs").at("scores")), golden);
  }
}

/// What is allowed, best first.
std::vector<std::int32_t> ranked(const std::vector<double>& scores, std::int32_t positive, const items& liked,
                                 double ceiling = HUGE_VAL) {
  std::vector<std::int32_t> order;
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(scores.size()); ++i)
    if (i != positive && std::find(liked.begin(), liked.end(), i) == liked.end() &&
        scores[static_cast<std::size_t>(i)] <= ceiling)
      order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
  });
  return order;
}

/// The law of the best of `draws` uniform draws from `order`, by going through all sequences.
std::vector<double> enumerate_best(const std::vector<std::int32_t>& order, int draws, bool replacement,
                                   std::size_t num_items) {
  std::vector<double> law(num_items, 0.0);
  double sequences = 0;
  std::vector<std::size_t> drawn;
  const std::function<void()> go = [&] {
    if (static_cast<int>(drawn.size()) == draws) {
      ++sequences;
      law[static_cast<std::size_t>(order[*std::min_element(drawn.begin(), drawn.end())])] += 1;
      return;
    }
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
      if (!replacement && std::find(drawn.begin(), drawn.end(), rank) != drawn.end()) continue;
      drawn.push_back(rank);
      go();
      drawn.pop_back();
    }
  };
  go();
  for (double& p : law) p /= sequences;
  return law;
}

const std::vector<double> scores{0.5, 2, -1, 0.75, 2, 1.25, -0.5, 0, 3, 1.5};
const items liked{2, 8};
constexpr std::int32_t positive = 5;

}  // namespace

TEST_CASE("topk_uniform has the law of the specification's tables") {
  check_table("topk_uniform", [](const json& h) { return samplers::topk_uniform{.pool = h.at("K")}; });
}

TEST_CASE("topk_softmax has the law of the specification's tables") {
  check_table("topk_softmax", [](const json& h) {
    return samplers::topk_softmax{.pool = h.at("K"), .temperature = h.at("temperature")};
  });
}

TEST_CASE("skip_topk has the law of the specification's tables") {
  check_table("skip_topk",
              [](const json& h) { return samplers::skip_topk{.skip = h.at("skip"), .pool = h.at("K")}; });
}

TEST_CASE("softmax_negative has the law of the specification's tables") {
  check_table("softmax_negative",
              [](const json& h) { return samplers::softmax_negative{.temperature = h.at("temperature")}; });
}

TEST_CASE("dns has the law of the specification's tables") {
  check_table("dns_best_of_m_with_replacement",
              [](const json& h) { return samplers::dns{.candidates = h.at("M"), .replacement = true}; });
  check_table("dns_best_of_m_without_replacement",
              [](const json& h) { return samplers::dns{.candidates = h.at("M")}; });
  check_table("dns_n_best_of_m",
              [](const json& h) { return samplers::dns{.candidates = h.at("M"), .best = h.at("N")}; });
}

TEST_CASE("dns of popular items has the law of the specification's tables") {
  for (const json& golden : golden_cases("dns_best_of_m_popularity_with_replacement")) {
    CAPTURE(golden.at("name").get<std::string>());
    const std::vector<double> counts = golden.at("inputs").at("counts");
    const samplers::popularity popular(counts, {.alpha = golden.at("hyper").at("alpha")});
    const samplers::dns sampler{
        .candidates = golden.at("hyper").at("M"), .replacement = true, .proposals = &popular};
    check_golden_law(on_scores(sampler, golden.at("inputs").at("scores")), golden);
  }
}

TEST_CASE("topk_uniform without repetition includes every item of the pool equally often") {
  for (const json& golden : golden_cases("topk_uniform_k_without_replacement")) {
    CAPTURE(golden.at("name").get<std::string>());
    const json& inputs = golden.at("inputs");
    const on_scores sampler(samplers::topk_uniform{.pool = golden.at("hyper").at("pool")},
                            inputs.at("scores"));
    check_inclusion(sampler, inputs.at("positive"), inputs.at("history"), golden.at("hyper").at("k"),
                    probability_of(golden));
  }
}

TEST_CASE("softmax samplers draw successively from what is left") {
  for (const json& golden : golden_cases("weighted_without_replacement")) {
    CAPTURE(golden.at("name").get<std::string>());
    std::vector<double> logits = golden.at("inputs").at("weights"), inclusion = probability_of(golden);
    for (double& logit : logits) logit = 2 * std::log(logit);
    logits.push_back(50);
    inclusion.push_back(0);
    const auto last = static_cast<std::int32_t>(logits.size()) - 1;
    const prefopt::index count = golden.at("hyper").at("m");
    check_inclusion(on_scores(samplers::softmax_negative{.temperature = 2}, logits), last, {}, count,
                    inclusion, rows / 4);
    check_inclusion(on_scores(samplers::topk_softmax{.pool = 50, .temperature = 2}, logits), last, {}, count,
                    inclusion, rows / 4);
  }
}

TEST_CASE("every ordered subset is as likely as successive draws make it") {
  std::vector<double> weights(10, 0.0);
  for (const std::int32_t item : ranked(scores, positive, liked))
    weights[static_cast<std::size_t>(item)] = std::exp(scores[static_cast<std::size_t>(item)] / 1.5);
  check_triples(on_scores(samplers::softmax_negative{.temperature = 1.5}, scores), positive, liked, weights,
                false);
  check_triples(on_scores(samplers::topk_softmax{.temperature = 1.5}, scores), positive, liked, weights,
                false);
  for (double& weight : weights) weight = weight > 0 ? 1 : 0;
  for (const bool repeat : {false, true}) {
    check_triples(on_scores(samplers::topk_uniform{.repeat = repeat}, scores), positive, liked, weights,
                  repeat);
    check_triples(on_scores(samplers::dns{.candidates = 1, .repeat = repeat}, scores), positive, liked,
                  weights, repeat);
  }
}

TEST_CASE("the best of M draws has the law of all sequences of draws") {
  const auto order = ranked(scores, positive, liked);
  for (const bool replacement : {false, true})
    for (const int draws : {1, 2, 4}) {
      CAPTURE(replacement);
      CAPTURE(draws);
      check_law(on_scores(samplers::dns{.candidates = draws, .replacement = replacement}, scores), positive,
                liked, enumerate_best(order, draws, replacement, 10), rows / 4);
    }
  // All of a few items, and one among as many as there are.
  check_law(on_scores(samplers::dns{.candidates = 100}, scores), positive, liked,
            enumerate_best(order, 7, false, 10), 1000);
  std::vector<double> uniform(10, 0.0);
  for (const std::int32_t item : order) uniform[static_cast<std::size_t>(item)] = 1 / 7.;
  check_law(on_scores(samplers::dns{.candidates = 100, .best = 50}, scores), positive, liked, uniform,
            rows / 4);
}

TEST_CASE("ahns takes the nearest of M draws") {
  // The positive scores 1.25: what suits it scores 0.9 / (1.25 + 0.25) = 0.6.
  const std::vector<std::int32_t> order{0, 3, 7, 9, 6, 1, 4};
  for (const bool replacement : {false, true}) {
    CAPTURE(replacement);
    check_law(
        on_scores(samplers::ahns{.candidates = 3, .alpha = 0.25, .beta = 0.9, .replacement = replacement},
                  scores),
        positive, liked, enumerate_best(order, 3, replacement, 10), rows / 4);
  }
  // A negative base has no root: the M draws are all as near, and the smallest id is taken.
  const std::vector<std::int32_t> by_id{0, 1, 3, 4, 6, 7, 9};
  check_law(on_scores(samplers::ahns{.candidates = 3, .alpha = -5, .p = -0.5}, scores), positive, liked,
            enumerate_best(by_id, 3, false, 10), rows / 4);
}

TEST_CASE("later places of dns draw from what the row has left") {
  // Of two items the better one comes first with certainty, then the other.
  const on_scores sampler(samplers::dns{.candidates = 2}, {0, 1, 2});
  const items drawn = draw_rows_of(sampler, 0, {}, 100, 2);
  for (std::size_t b = 0; b < 100; ++b) CHECK(items{drawn[2 * b], drawn[2 * b + 1]} == items{2, 1});
  // Of three: {1, 2}, {1, 3}, {2, 3} lead to 2, 3, 3; the second place is then the better one of the other two.
  const items pairs =
      draw_rows_of(on_scores(samplers::dns{.candidates = 2}, {0, 1, 2, 3}), 0, {}, rows / 4, 2);
  std::vector<std::int64_t> counts(16);
  for (std::size_t b = 0; b < pairs.size(); b += 2)
    ++counts[static_cast<std::size_t>(4 * pairs[b] + pairs[b + 1])];
  std::vector<double> law(16, 0.0);
  law[4 * 2 + 3] = 1 / 3., law[4 * 3 + 2] = 2 / 3.;
  CHECK(statistics::goodness_of_fit_p(counts, law) >= least_p);
}

TEST_CASE("the hardest negative is certain") {
  std::vector<double> law(10, 0.0);
  law[1] = 1;  // as good as item 4, and before it
  check_law(on_scores(samplers::hard_topk{}, scores), positive, liked, law, 100);
  check_law(on_scores(samplers::self_play{}, scores), positive, liked, law, 100);
  CHECK(draw_rows_of(on_scores(samplers::hard_topk{}, scores), positive, liked, 1, 9) ==
        items{1, 4, 9, 3, 0, 7, 6, -1, -1});
}

TEST_CASE("self-play with a temperature is the policy's softmax") {
  check_law(on_scores(samplers::self_play{.temperature = 0.5}, scores), positive, liked,
            law_of(on_scores(samplers::softmax_negative{.temperature = 0.5}, scores), positive, liked, 10),
            rows / 4);
}

TEST_CASE("a guard drops what scores too far above the positive") {
  const double guard = 0.25;  // the positive scores 1.25: 1, 4 (and 8) are out, 9 is just in
  const auto order = ranked(scores, positive, liked, 1.5);
  REQUIRE(order == std::vector<std::int32_t>{9, 3, 0, 7, 6});
  std::vector<double> first(10, 0.0), pool(10, 0.0), softmax(10, 0.0);
  first[9] = 1, pool[9] = pool[3] = 0.5;
  double sum = 0;
  for (const std::int32_t item : order) sum += std::exp(scores[static_cast<std::size_t>(item)]);
  for (const std::int32_t item : order)
    softmax[static_cast<std::size_t>(item)] = std::exp(scores[static_cast<std::size_t>(item)]) / sum;
  const auto check = [&](const auto& sampler, const std::vector<double>& law) {
    check_law(on_scores(sampler, scores), positive, liked, law, rows / 8);
  };
  check(samplers::hard_topk{.guard = guard}, first);
  check(samplers::self_play{.guard = guard}, first);
  check(samplers::topk_uniform{.pool = 2, .guard = guard}, pool);
  check(samplers::topk_softmax{.guard = guard}, softmax);
  check(samplers::softmax_negative{.guard = guard}, softmax);
  check(samplers::self_play{.temperature = 1, .guard = guard}, softmax);
  check(samplers::skip_topk{.skip = 0, .pool = 2, .guard = guard}, pool);
  check(samplers::dns{.candidates = 3, .guard = guard}, enumerate_best(order, 3, false, 10));
  check(samplers::ahns{.candidates = 3, .alpha = -5, .p = -0.5, .guard = guard},
        enumerate_best({0, 3, 6, 7, 9}, 3, false, 10));
}

TEST_CASE("a mixture has the weighted law of its components") {
  const samplers::mixture mixed(weighted{1.0, samplers::topk_softmax{.pool = 3}},
                                weighted{0.0, samplers::hard_topk{}},
                                weighted{3.0, samplers::uniform{.num_items = 10}});
  const std::vector<double> hard =
      law_of(on_scores(samplers::topk_softmax{.pool = 3}, scores), positive, liked, 10);
  std::vector<double> law;
  for (std::size_t i = 0; i < 10; ++i)
    law.push_back(hard[i] / 4 + (i == 5 || i == 2 || i == 8 ? 0 : 0.75 / 7));
  check_law(on_scores(mixed, scores), positive, liked, law);
}

TEST_CASE("a mixture's later places leave out what the row has") {
  // Components {0, 1, 2, 3 uniform} and {the hardest two of them uniform}, half each: by hand, the pairs of a row.
  const samplers::mixture mixed(weighted{1.0, samplers::uniform{.num_items = 5}},
                                weighted{1.0, samplers::topk_uniform{.pool = 2}});
  const std::vector<double> four{0, 1, 2, 3, 4};
  const items drawn = draw_rows_of(on_scores(mixed, four), 4, {}, rows / 2, 2);
  std::vector<std::int64_t> counts(25);
  for (std::size_t b = 0; b < drawn.size(); b += 2)
    ++counts[static_cast<std::size_t>(5 * drawn[b] + drawn[b + 1])];
  std::vector<double> law(25, 0.0);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) {
      if (i == j) continue;
      const double first = 1 / 8. + (i >= 2 ? 1 / 4. : 0);
      const double hard = i >= 2 ? (j >= 2 ? 1.0 : 0.0) : (j >= 2 ? 0.5 : 0.0);
      law[5 * i + j] = first * (0.5 / 3 + 0.5 * hard);
    }
  CHECK(statistics::goodness_of_fit_p(counts, law) >= least_p);
}

TEST_CASE("a curriculum has the law of its sampler with the pool of the step") {
  const samplers::curriculum<> harder{.schedule = {.largest = 7, .smallest = 2, .last_step = 10}};
  for (const std::uint64_t step : {0U, 4U, 10U, 11U}) {
    CAPTURE(step);
    const on_scores at_step(samplers::topk_uniform{.pool = harder.schedule.at(step)}, scores);
    std::vector<double> law(10);
    harder.law(step, scores, positive, liked, law);
    CHECK(law == law_of(at_step, positive, liked, 10));
    const examples one{{positive}, {liked}};
    CHECK(draw(on_scores(harder, scores), one, 3, {.seed = 3, .step = step}) ==
          draw(at_step, one, 3, {.seed = 3, .step = step}));
  }
}
