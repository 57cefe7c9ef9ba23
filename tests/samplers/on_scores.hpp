#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include <prefopt/executor.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/exact_scores.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/score_rows.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// Scored samplers as the tests of all samplers see them.

/// A scored sampler whose examples all have the same scores: it is drawn from like an unscored one.
template <class Sampler>
class on_scores {
 public:
  on_scores(Sampler sampler, std::vector<double> scores)
      : sampler_(std::move(sampler)), scores_(std::move(scores)), rounded_(scores_.begin(), scores_.end()) {}

  prefopt::index draw(std::span<const std::int32_t> positives, const prefopt::samplers::history_view& history,
                      const prefopt::samplers::draw_key& key, prefopt::tensor_ref<std::int32_t> negatives,
                      const prefopt::executor& executor = {}) const {
    const auto size = static_cast<prefopt::index>(rounded_.size());
    const prefopt::matrix_view<const float> same_rows{
        rounded_.data(), static_cast<prefopt::index>(positives.size()), size, 0, 1};
    return sampler_.draw(prefopt::samplers::score_rows(same_rows), positives, history, key, negatives,
                         executor);
  }
  void law(std::int32_t positive, std::span<const std::int32_t> history,
           std::span<double> probability) const {
    sampler_.law(scores_, positive, history, probability);
  }

 private:
  Sampler sampler_;
  std::vector<double> scores_;
  std::vector<float> rounded_;
};

/// Different scores, and every fifth pair of items a tie. Exact in float.
inline std::vector<double> some_scores(std::size_t num_items, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<double> scores;
  for (std::size_t i = 0; i < num_items; ++i)
    scores.push_back(i % 5 == 4 ? scores.back()
                                : std::ldexp(static_cast<double>(random() % 65536) - 32768.0, -13));
  return scores;
}

inline std::vector<float> random_floats(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(size);
  for (float& number : numbers) number = normal(random);
  return numbers;
}
