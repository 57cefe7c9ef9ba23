#pragma once

#include <cmath>
#include <random>

#include "support/engine.hpp"

/// \file
/// Random graded lists, and what an objective makes of them row by row.

namespace test {

/// Losses and gradients, unreduced.
struct outcome {
  matrix<double> losses, gradient;
};
template <class Objective>
outcome run(const Objective& objective, const prefopt::batch<double>& batch) {
  const auto& policy = batch.scores ? *batch.scores : *batch.policy;
  outcome out{matrix<double>(policy.rows, 1), matrix<double>(policy.rows, policy.columns)};
  evaluate<double>(objective, batch, out.gradient,
                   {.reduction = prefopt::reduction::none, .losses = out.losses});
  return out;
}

/// The largest |x − y| / (1 + |y|).
inline double difference(const matrix<double>& x, const matrix<double>& y) {
  double worst = 0;
  for (std::size_t i = 0; i < x.values().size(); ++i) {
    const double error = std::abs(x.values()[i] - y.values()[i]) / (1 + std::abs(y.values()[i]));
    if (!(error <= worst)) worst = error;
  }
  return worst;
}
inline bool same(const outcome& x, const outcome& y, double tolerance = 1e-11) {
  return difference(x.losses, y.losses) < tolerance && difference(x.gradient, y.gradient) < tolerance;
}
inline outcome times(double factor, outcome out) {
  for (double& value : out.losses.values()) value *= factor;
  for (double& value : out.gradient.values()) value *= factor;
  return out;
}

/// Scores of several sizes, and grades 0 ... `grades` − 1.
struct lists {
  matrix<double> policy, relevance;

  lists(index rows, index columns, int grades, std::uint64_t seed = 1)
      : policy(random_scores<double>(rows, columns, 1, seed)), relevance(rows, columns) {
    std::mt19937_64 generator(seed + 50);
    for (index b = 0; b < rows; ++b)
      for (index k = 0; k < columns; ++k) {
        policy(b, k) *= std::pow(10.0, static_cast<double>(b % 4) - 2);
        relevance(b, k) = static_cast<double>(generator() % static_cast<std::uint64_t>(grades));
      }
  }
  prefopt::batch<double> batch() const { return {.policy = policy, .relevance = relevance}; }
};

}  // namespace test
