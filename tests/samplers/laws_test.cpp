/// \file
/// The unscored samplers' draws against their laws, and their laws against the specification's tables.

#include "laws.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/in_batch.hpp>
#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/uniform.hpp>

#include "draws.hpp"
#include "support/statistics.hpp"

using prefopt::samplers::in_batch;
using prefopt::samplers::popularity;
using prefopt::samplers::uniform;

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
