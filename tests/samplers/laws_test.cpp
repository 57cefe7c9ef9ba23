/// \file
/// The samplers' draws against their laws, and their laws against the specification's tables.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <prefopt/samplers/in_batch.hpp>
#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/uniform.hpp>

#include "draws.hpp"
#include "support/statistics.hpp"

using nlohmann::json;
using prefopt::samplers::in_batch;
using prefopt::samplers::popularity;
using prefopt::samplers::uniform;

namespace {

constexpr double least_p = 1e-4;
constexpr prefopt::index rows = 1'000'000;

/// The cases of one sampler in the specification's tables.
std::vector<json> golden_cases(const std::string& sampler) {
  const json file = json::parse(std::ifstream(PREFOPT_GOLDEN_DIR "/samplers.json"));
  std::vector<json> cases;
  for (const json& one : file.at("cases"))
    if (one.at("hyper").at("sampler") == sampler) cases.push_back(one);
  REQUIRE(!cases.empty());
  return cases;
}

std::vector<double> probability_of(const json& golden) { return golden.at("expected").at("probability"); }

/// law() is the table, and the draws follow it.
template <class Sampler>
void check_law(const Sampler& sampler, std::int32_t positive, const items& liked,
               const std::vector<double>& expected, prefopt::index draws = rows) {
  const std::vector<double> law = law_of(sampler, positive, liked, expected.size());
  for (std::size_t i = 0; i < law.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(law[i] - expected[i]) <= 1e-12);
    CHECK((law[i] == 0) == (expected[i] == 0));
  }
  const items drawn = draw_rows_of(sampler, positive, liked, draws, 1);
  CHECK(statistics::goodness_of_fit_p(histogram(drawn, expected.size()), expected) >= least_p);
}

template <class Sampler>
void check_golden_law(const Sampler& sampler, const json& golden) {
  const json& inputs = golden.at("inputs");
  check_law(sampler, inputs.at("positive"), inputs.at("history"), probability_of(golden));
}

/// Rows of `count` draws without repetition hold each item as often as the table says (a z-test per item).
template <class Sampler>
void check_inclusion(const Sampler& sampler, std::int32_t positive, const items& liked, prefopt::index count,
                     const std::vector<double>& inclusion, prefopt::index draws = rows) {
  const auto drawn = histogram(draw_rows_of(sampler, positive, liked, draws, count), inclusion.size());
  for (std::size_t i = 0; i < inclusion.size(); ++i) {
    CAPTURE(i);
    CHECK(statistics::binomial_p(drawn[i], draws, inclusion[i]) >= least_p);
  }
}

/// Rows of three draws, in order, against successive draws from `weights`; with repetition, against
/// independent ones.
template <class Sampler>
void check_triples(const Sampler& sampler, std::int32_t positive, const items& liked,
                   const std::vector<double>& weights, bool repeat, prefopt::index draws = rows / 4) {
  const std::size_t n = weights.size();
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> law;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t k = 0; k < n; ++k) {
        const bool repeats = i == j || j == k || i == k;
        const double second = repeat ? total : total - weights[i];
        const double third = repeat ? total : total - weights[i] - weights[j];
        law.push_back(repeats && !repeat ? 0 : weights[i] / total * weights[j] / second * weights[k] / third);
      }
  const items drawn = draw_rows_of(sampler, positive, liked, draws, 3);
  std::vector<std::int64_t> counts(law.size());
  for (std::size_t b = 0; b < drawn.size(); b += 3) {
    std::size_t cell = 0;
    for (std::size_t k = 0; k < 3; ++k) cell = n * cell + static_cast<std::size_t>(drawn[b + k]);
    ++counts.at(cell);
  }
  CHECK(statistics::goodness_of_fit_p(counts, law) >= least_p);
}

}  // namespace

TEST_CASE("uniform has the law of the specification's tables") {
  for (const json& golden : golden_cases("uniform_excl")) {
    CAPTURE(golden.at("name").get<std::string>());
    const uniform sampler{.num_items = golden.at("inputs").at("num_items")};
    check_golden_law(sampler, golden);
  }
}

TEST_CASE("popularity has the law of the specification's tables") {
  for (const json& golden : golden_cases("popularity")) {
    CAPTURE(golden.at("name").get<std::string>());
    const std::vector<double> counts = golden.at("inputs").at("counts");
    check_golden_law(popularity(counts, {.alpha = golden.at("hyper").at("alpha")}), golden);
  }
}

TEST_CASE("uniform without repetition includes each item of a pool equally often") {
  for (const json& golden : golden_cases("topk_uniform_k_without_replacement")) {
    CAPTURE(golden.at("name").get<std::string>());
    const json& inputs = golden.at("inputs");
    const std::vector<double> inclusion = probability_of(golden);
    items outside;
    for (std::size_t i = 0; i < inclusion.size(); ++i)
      if (inclusion[i] == 0) outside.push_back(static_cast<std::int32_t>(i));
    check_inclusion(uniform{.num_items = inputs.at("num_items")}, inputs.at("positive"), outside,
                    golden.at("hyper").at("k"), inclusion);
  }
}

TEST_CASE("popularity without repetition draws successively from what is left") {
  for (const json& golden : golden_cases("weighted_without_replacement")) {
    CAPTURE(golden.at("name").get<std::string>());
    std::vector<double> counts = golden.at("inputs").at("weights"), inclusion = probability_of(golden);
    const auto positive = static_cast<std::int32_t>(counts.size());
    inclusion.push_back(0);
    // The positive's count decides which way items are drawn: by rejection, or exactly where nearly all is
    // refused.
    counts.push_back(1);
    check_inclusion(popularity(counts, {.alpha = 1}), positive, {}, golden.at("hyper").at("m"), inclusion);
    counts.back() = 1e9;
    check_inclusion(popularity(counts, {.alpha = 1}), positive, {}, golden.at("hyper").at("m"), inclusion,
                    20'000);
  }
}

TEST_CASE("every ordered subset is as likely as successive draws make it") {
  const std::vector<double> uniform_weights{1, 0, 1, 1, 0, 1, 1}, weights{5, 0, 1, 2, 0, 0.5, 3};
  std::vector<double> counts = weights;
  counts[1] = 7, counts[4] = 4;  // the positive and a liked item
  const items batch{0, 0, 0, 0, 0, 2, 3, 3, 6, 6, 6, 1, 1, 4}, alone{0, 2, 3, 6};
  const std::vector<double> batch_weights{5, 0, 1, 2, 0, 0, 3};
  for (const bool repeat : {false, true}) {
    CAPTURE(repeat);
    check_triples(uniform{.num_items = 7, .repeat = repeat}, 1, {4}, uniform_weights, repeat);
    check_triples(popularity(counts, {.alpha = 1, .repeat = repeat}), 1, {4}, weights, repeat);
    check_triples(in_batch{.batch = batch, .num_items = 7, .repeat = repeat}, 1, {4}, batch_weights, repeat);
  }
}

TEST_CASE("the exact method has the same law as rejection") {
  // Two liked items hold all but 6e-6 of the mass: 256 proposals are nearly always refused.
  const std::vector<double> counts{5, 7, 1, 2, 4, 0.5, 3, 1e6, 1e6}, weights{5, 0, 1, 2, 0, 0.5, 3};
  for (const bool repeat : {false, true}) {
    CAPTURE(repeat);
    check_triples(popularity(counts, {.alpha = 1, .repeat = repeat}), 1, {4, 7, 8}, weights, repeat, 50'000);
  }
  // All but six items of 2000 are liked: about half of the draws get there by rejection.
  items liked(2000 - 7);
  std::iota(liked.begin(), liked.end(), 7);
  std::vector<double> law(2000, 0.0);
  for (const std::size_t i : {0U, 2U, 3U, 4U, 5U, 6U}) law[i] = 1 / 6.;
  check_law(uniform{.num_items = 2000}, 1, liked, law, 50'000);
}

TEST_CASE("in-batch draws other examples' positives uniformly") {
  const items batch{7, 3, 3, 9, 7, 7, 0, 4, 1};
  check_law(in_batch{.batch = batch, .num_items = 10}, 9, {1},
            {1 / 7., 0, 0, 2 / 7., 1 / 7., 0, 0, 3 / 7., 0, 0});
}

TEST_CASE("a large catalogue is covered evenly, and a popular one in proportion") {
  constexpr std::int32_t num_items = 1'000'000;
  items liked;
  for (std::int32_t i = 0; i < num_items; i += 20'011) liked.push_back(i);
  std::vector<double> counts;
  for (std::int32_t i = 0; i < num_items; ++i)
    counts.push_back(std::round(1e7 / static_cast<double>(1 + (i * 7919LL) % num_items)));

  const auto check_buckets = [&](const auto& sampler) {
    const std::vector<double> law = law_of(sampler, 17, liked, num_items);
    // 1000 buckets by id modulo 1000, where a wrong filter or a short generator would show
    std::vector<double> bucket_law(1000);
    for (std::size_t i = 0; i < law.size(); ++i) bucket_law[i % 1000] += law[i];
    std::vector<std::int64_t> buckets(1000), hits(num_items);
    for (const std::int32_t item : draw_rows_of(sampler, 17, liked, 40'000, 64)) {
      ++buckets[static_cast<std::size_t>(item % 1000)];
      ++hits[static_cast<std::size_t>(item)];
    }
    CHECK(hits[17] == 0);
    for (const std::int32_t item : liked) CHECK(hits[static_cast<std::size_t>(item)] == 0);
    CHECK(statistics::goodness_of_fit_p(buckets, bucket_law) >= least_p);
    CHECK(statistics::goodness_of_fit_p(hits, law) >= least_p);
  };
  check_buckets(uniform{.num_items = num_items, .repeat = true});
  check_buckets(popularity(counts, {.alpha = 0.75, .repeat = true}));
}
