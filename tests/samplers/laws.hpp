#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "draws.hpp"
#include "support/statistics.hpp"

/// \file
/// A sampler's draws against its law, and its law against the specification's tables.

using nlohmann::json;

inline constexpr double least_p = 1e-4;

// What sanitizers look for shows in fewer rows.
#if defined(__SANITIZE_ADDRESS__)
#define PREFOPT_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PREFOPT_SANITIZED
#endif
#endif
#if defined(PREFOPT_SANITIZED)
inline constexpr prefopt::index rows = 50'000;
#else
inline constexpr prefopt::index rows = 1'000'000;
#endif

/// The cases of one sampler in the specification's tables.
inline std::vector<json> golden_cases(const std::string& sampler) {
  const json file = json::parse(std::ifstream(PREFOPT_GOLDEN_DIR "/samplers.json"));
  std::vector<json> cases;
  for (const json& one : file.at("cases"))
    if (one.at("hyper").at("sampler") == sampler) cases.push_back(one);
  REQUIRE(!cases.empty());
  return cases;
}

inline std::vector<double> probability_of(const json& golden) {
  return golden.at("expected").at("probability");
}

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

/// The same, of a case of the tables.
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
