#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/full_softmax.hpp>

#include "support/matrix.hpp"

/// \file
/// The full-catalogue softmax in doubles and plain loops, and what the fused one may differ from it by.

namespace test {

/// What a call is given.
template <class Scalar>
struct softmax_problem {
  matrix<Scalar> queries, catalogue;
  std::vector<std::int32_t> targets;
  double temperature = 1;
  std::vector<Scalar> weights{};  ///< empty: 1

  index examples() const { return queries.rows(); }
  index items() const { return catalogue.rows(); }
  index width() const { return queries.columns(); }
  prefopt::full_softmax_batch<Scalar> batch() const {
    prefopt::full_softmax_batch<Scalar> batch{.queries = queries, .catalogue = catalogue, .targets = targets};
    if (!weights.empty()) batch.weights = weights;
    return batch;
  }
};

/// Normal representations whose scores have a standard deviation of `spread`.
template <class Scalar>
softmax_problem<Scalar> random_problem(index examples, index items, index width, double spread = 1,
                                       std::uint64_t seed = 1) {
  const double scale = std::sqrt(spread / std::sqrt(static_cast<double>(width)));
  softmax_problem<Scalar> problem{.queries = random_scores<Scalar>(examples, width, scale, seed),
                                  .catalogue = random_scores<Scalar>(items, width, scale, seed + 1),
                                  .targets = std::vector<std::int32_t>(static_cast<std::size_t>(examples))};
  std::mt19937_64 generator(seed + 2);
  for (std::int32_t& target : problem.targets)
    target = static_cast<std::int32_t>(generator() % static_cast<std::uint64_t>(items));
  return problem;
}

/// What a call says.
template <class Scalar>
struct softmax_outcome {
  prefopt::full_softmax_result result;
  matrix<Scalar> queries, catalogue;
  std::vector<Scalar> losses;

  explicit softmax_outcome(const softmax_problem<Scalar>& problem, Scalar before = 0)
      : queries(problem.examples(), problem.width(), before),
        catalogue(problem.items(), problem.width(), before),
        losses(static_cast<std::size_t>(problem.examples())) {}
  bool operator==(const softmax_outcome& other) const {
    return result.loss == other.result.loss && result.accuracy == other.result.accuracy &&
           queries == other.queries && catalogue == other.catalogue && losses == other.losses;
  }
};

template <class Scalar>
softmax_outcome<Scalar> run(const softmax_problem<Scalar>& problem,
                            prefopt::full_softmax_options<Scalar> options = {}, Scalar before = 0) {
  softmax_outcome<Scalar> outcome(problem, before);
  options.temperature = problem.temperature;
  options.losses = outcome.losses;
  outcome.result = prefopt::full_softmax<Scalar>(
      problem.batch(), {.queries = outcome.queries, .catalogue = outcome.catalogue}, options);
  return outcome;
}

/// The truth, of w_b ℓ_b summed, and the natural size of each gradient entry: the sum of the absolute values
/// of its terms, beside which rounding errors are small.
struct softmax_reference {
  double loss = 0, accuracy = 0;
  std::vector<double> losses;
  matrix<double> queries, catalogue, query_size, catalogue_size;

  template <class Scalar>
  explicit softmax_reference(const softmax_problem<Scalar>& p)
      : queries(p.examples(), p.width()),
        catalogue(p.items(), p.width()),
        query_size(queries),
        catalogue_size(catalogue) {
    for (index b = 0; b < p.examples(); ++b) add_example(p, b);
  }

 private:
  template <class Scalar>
  void add_example(const softmax_problem<Scalar>& p, index b) {
    const auto target = static_cast<index>(p.targets[static_cast<std::size_t>(b)]);
    const double weight = p.weights.empty() ? 1 : static_cast<double>(p.weights[static_cast<std::size_t>(b)]);
    std::vector<long double> scores;
    for (index v = 0; v < p.items(); ++v) {
      long double score = 0;
      for (index k = 0; k < p.width(); ++k)
        score += static_cast<long double>(p.queries(b, k)) * static_cast<long double>(p.catalogue(v, k));
      scores.push_back(score / static_cast<long double>(p.temperature));
    }
    const auto of = [&](index v) { return scores[static_cast<std::size_t>(v)]; };
    long double rivals = 0;  // Σ e^(score − target's), the target left out
    const long double top = *std::max_element(scores.begin(), scores.end());
    bool first = true;
    for (index v = 0; v < p.items(); ++v) {
      if (v != target) rivals += std::exp(of(v) - top);
      first = first && (v == target || of(v) < of(target));
    }
    const long double preferred = std::exp(of(target) - top), total = preferred + rivals;
    const auto value =
        static_cast<double>(of(target) == top ? std::log1p(rivals) : std::log(total) + top - of(target));
    losses.push_back(weight * value);
    loss += weight * value;
    accuracy += first / static_cast<double>(p.examples());
    for (index v = 0; v < p.items(); ++v) {
      const auto share = v == target ? -rivals / total : std::exp(of(v) - top) / total;
      const double slope = weight * static_cast<double>(share) / p.temperature;
      for (index k = 0; k < p.width(); ++k) {
        const double q = slope * static_cast<double>(p.queries(b, k));
        const double e = slope * static_cast<double>(p.catalogue(v, k));
        catalogue(v, k) += q;
        catalogue_size(v, k) += std::abs(q);
        queries(b, k) += e;
        query_size(b, k) += std::abs(e);
      }
    }
  }
};

/// Entry by entry: |actual − expected| ≤ tolerance · size, entries below `floor` counting as 0.
template <class Scalar>
double worst_error(const matrix<Scalar>& actual, const matrix<double>& expected, const matrix<double>& size,
                   double scale, double floor) {
  double worst = 0;
  for (index i = 0; i < expected.rows(); ++i)
    for (index k = 0; k < expected.columns(); ++k) {
      const double error = std::abs(static_cast<double>(actual(i, k)) - scale * expected(i, k));
      if (!(error <= floor)) worst = std::max(worst, error / (std::abs(scale) * size(i, k)));
      if (error != error) return error;
    }
  return worst;
}

}  // namespace test
