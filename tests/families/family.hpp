#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>
#include <prefopt/testing/gradient_check.hpp>

#include "support/matrix.hpp"

/// \file
/// Batches with whatever an objective reads, and what every member of a family has to stand.

namespace families {

using prefopt::index;
using prefopt::inputs;
using prefopt::reduction;
using test::matrix;

inline constexpr index rows = 10'000;

/// Log-probabilities, and every input that some objective reads; `batch(objective)` gives it those it reads.
template <class Scalar>
struct examples {
  matrix<Scalar> policy, reference, relevance, lengths, kl;

  /// Log-ratios of up to 0.01, 0.1, 1 ..., row by row.
  explicit examples(index count, index columns, std::uint64_t seed = 1, index sizes = 5)
      : policy(count, columns),
        reference(count, columns),
        relevance(count, columns),
        lengths(count, columns),
        kl(count, 1) {
    std::mt19937_64 generator(seed);
    const auto uniform = [&] { return static_cast<double>(generator() >> 11) / 9007199254740992.0; };
    for (index b = 0; b < count; ++b) {
      const double size = std::pow(10.0, static_cast<double>(b % sizes) - 2);
      for (index k = 0; k < columns; ++k) {
        policy(b, k) = static_cast<Scalar>(-size * (0.01 + uniform()));
        reference(b, k) = static_cast<Scalar>(-size * (0.01 + uniform()));
        relevance(b, k) = static_cast<Scalar>(generator() % 2);
        lengths(b, k) = static_cast<Scalar>(1 + generator() % 9);
      }
      kl(b) = static_cast<Scalar>(uniform() - 0.3);
    }
  }

  template <class Objective>
  prefopt::batch<Scalar> batch(const Objective&) const {
    prefopt::batch<Scalar> result{.policy = policy};
    if constexpr (!requires { requires prefopt::detail::reference_free<decltype(Objective::reward)>; })
      result.reference = reference;
    if (contains(Objective::reads, inputs::relevance)) result.relevance = relevance;
    if (contains(Objective::reads, inputs::lengths)) result.lengths = lengths;
    if (contains(Objective::reads, inputs::kl)) result.kl = kl;
    return result;
  }
};

/// Losses and gradients row by row.
struct outcome {
  matrix<double> losses, gradient;
};
template <class Objective>
outcome run(const Objective& objective, const prefopt::batch<double>& batch,
            prefopt::state_of<Objective> state = {}) {
  const auto& policy = batch.scores ? *batch.scores : *batch.policy;
  outcome out{matrix<double>(policy.rows, 1), matrix<double>(policy.rows, policy.columns)};
  prefopt::options<double, prefopt::state_of<Objective>> options{.reduction = reduction::none,
                                                                 .losses = out.losses};
  options.state = &state;
  prefopt::evaluate(objective, batch, out.gradient, options);
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
inline bool same(const outcome& x, const outcome& y, double tolerance = 1e-12) {
  return difference(x.losses, y.losses) < tolerance && difference(x.gradient, y.gradient) < tolerance;
}
template <class Function>
bool every(const Function& holds) {
  for (index b = 0; b < rows; ++b)
    if (!holds(b)) return false;
  return true;
}
/// x = y up to rounding, for numbers around 1 or larger.
inline bool close(double x, double y, double tolerance = 1e-12) {
  return std::abs(x - y) <= tolerance * (1 + std::abs(y));
}
inline long double softplus(long double x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x))); }
inline long double sigmoid(long double x) { return 1 / (1 + std::exp(-x)); }

// ---- what every member has to stand

/// Closed form, dual numbers and central differences agree, on log-probabilities at least that far below 0.
template <class Objective>
void check_gradients(const Objective& objective, index columns, prefopt::state_of<Objective> state = {},
                     double below = 0) {
  for (const std::uint64_t seed : {11u, 12u, 13u}) {
    // Differences want to see the curve, not its asymptotes.
    examples<double> x(43, columns, seed, 3);
    for (double& p : x.policy.values()) p -= below;
    const auto report = prefopt::testing::check_gradient(objective, x.batch(objective), {}, state);
    CHECK_MESSAGE(report.passed(), report.message());
  }
}

/// Scores of ±size in every combination give finite losses and gradients (of at most 0, where they have to be
/// log-probabilities).
template <class Scalar, class Objective>
void check_extremes(const Objective& objective, index columns, double size,
                    prefopt::state_of<Objective> state) {
  std::mt19937_64 generator(5);
  examples<Scalar> x(1000, columns);
  const auto draw = [&](bool at_most_0) {
    const double any[] = {-size, -1, 0, 1, size}, falling[] = {-size, -30, -1, -1e-9, 0};
    return static_cast<Scalar>((at_most_0 ? falling : any)[generator() % 5]);
  };
  for (Scalar& value : x.policy.values()) value = draw(Objective::needs_log_probabilities);
  for (Scalar& value : x.reference.values()) value = draw(Objective::needs_log_probabilities);
  matrix<Scalar> gradient(1000, columns), losses(1000, 1);
  prefopt::options<Scalar, prefopt::state_of<Objective>> options{.reduction = reduction::none,
                                                                 .losses = losses};
  options.state = &state;
  const auto result = prefopt::evaluate(objective, x.batch(objective), gradient, options);
  index not_finite = 0;
  for (const Scalar value : gradient.values()) not_finite += !std::isfinite(value);
  for (const Scalar value : losses.values()) not_finite += !std::isfinite(value);
  CHECK(not_finite == 0);
  CHECK(std::isfinite(result.loss));
  CHECK(std::isfinite(result.margin));
}
template <class Objective>
void check_extremes(const Objective& objective, index columns, prefopt::state_of<Objective> state = {}) {
  check_extremes<double>(objective, columns, 1e4, state);
  check_extremes<float>(objective, columns, 1e3, state);
}

/// Float follows double.
template <class Objective>
void check_float(const Objective& objective, index columns, prefopt::state_of<Objective> state = {}) {
  const examples<float> narrow(1000, columns);
  examples<double> wide(1000, columns);
  const auto widen = [](const matrix<float>& from, matrix<double>& to) {
    std::copy(from.values().begin(), from.values().end(), to.values().begin());
  };
  widen(narrow.policy, wide.policy);
  widen(narrow.reference, wide.reference);
  widen(narrow.relevance, wide.relevance);
  widen(narrow.lengths, wide.lengths);
  widen(narrow.kl, wide.kl);
  const outcome expected = run(objective, wide.batch(objective), state);
  matrix<float> gradient(1000, columns), losses(1000, 1);
  prefopt::options<float, prefopt::state_of<Objective>> options{.reduction = reduction::none,
                                                                .losses = losses};
  options.state = &state;
  prefopt::evaluate(objective, narrow.batch(objective), gradient, options);
  double worst = 0;
  const auto compare = [&](const matrix<float>& x, const matrix<double>& y) {
    for (std::size_t i = 0; i < x.values().size(); ++i) {
      const double error =
          std::abs(static_cast<double>(x.values()[i]) - y.values()[i]) / (1 + std::abs(y.values()[i]));
      if (!(error <= worst)) worst = error;
    }
  };
  compare(losses, expected.losses);
  compare(gradient, expected.gradient);
  CHECK(worst < 1e-4);
}

/// The gradient of each row sums to 0, and a constant added to it changes nothing.
template <class Objective>
bool is_translation_invariant(const Objective& objective, index columns) {
  const examples<double> x(rows, columns);
  examples<double> moved = x;
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < columns; ++k) moved.policy(b, k) -= 3 + static_cast<double>(b % 7);
  const outcome at = run(objective, x.batch(objective)), then = run(objective, moved.batch(objective));
  return same(at, then, 1e-11) && every([&](index b) {
           double sum = 0, size = 0;
           for (index k = 0; k < columns; ++k) sum += at.gradient(b, k), size += std::abs(at.gradient(b, k));
           return std::abs(sum) <= 1e-13 * (1 + size);
         });
}

/// A pair whose rejected item is masked costs nothing; the rows beside it do not notice.
template <class Objective>
void check_masked_pairs(const Objective& objective) {
  examples<double> x(23, 2);
  const outcome before = run(objective, x.batch(objective));
  for (index b = 0; b < 23; b += 3) x.policy(b, 1) = -std::numeric_limits<double>::infinity();
  const outcome after = run(objective, x.batch(objective));
  for (index b = 0; b < 23; ++b) {
    const bool masked = b % 3 == 0;
    CHECK(after.losses(b) == (masked ? 0 : before.losses(b)));
    for (index k = 0; k < 2; ++k) CHECK(after.gradient(b, k) == (masked ? 0 : before.gradient(b, k)));
  }
}

}  // namespace families
