#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

/// \file
/// Does a sample follow a law? p-values for counts.

namespace statistics {

/// Upper regularised incomplete gamma function Q(a, x) = Γ(a, x) / Γ(a), a > 0, x >= 0; absolute error below
/// 1e-12. The series of P = 1 - Q left of a + 1, Lentz's continued fraction right of it (Numerical Recipes,
/// section 6.2).
inline double upper_gamma(double a, double x) {
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  const double factor = x > 0 ? std::exp(a * std::log(x) - x - std::lgamma(a)) : 0;
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (double n = a + 1; term > sum * epsilon; ++n) sum += term *= x / n;
    return 1 - factor * sum;
  }
  constexpr double tiny = 1e-300;
  double b = x + 1 - a, c = 1 / tiny, d = 1 / b, fraction = d;
  for (double i = 1, change = 0; std::abs(change - 1) > epsilon; ++i) {
    const double numerator = -i * (i - a);
    b += 2;
    d = numerator * d + b;
    d = 1 / (std::abs(d) < tiny ? tiny : d);
    c = b + numerator / c;
    if (std::abs(c) < tiny) c = tiny;
    fraction *= change = c * d;
  }
  return factor * fraction;
}

/// Probability that a chi-square variable exceeds `statistic`; 1 without a degree of freedom.
inline double chi_square_p(double statistic, int degrees_of_freedom) {
  return degrees_of_freedom > 0 ? upper_gamma(0.5 * degrees_of_freedom, 0.5 * statistic) : 1;
}

/// Pearson's test that `observed` counts come from independent draws with `probability`. Cells that expect
/// fewer than 5 are pooled into one. A draw of something impossible gives p = 0.
inline double goodness_of_fit_p(std::span<const std::int64_t> observed, std::span<const double> probability) {
  double draws = 0, statistic = 0, pooled_observed = 0, pooled_expected = 0;
  int cells = 0;
  for (const std::int64_t count : observed) draws += static_cast<double>(count);
  const auto add_cell = [&](double count, double expected) {
    statistic += (count - expected) * (count - expected) / expected;
    ++cells;
  };
  for (std::size_t i = 0; i < observed.size(); ++i) {
    const double count = static_cast<double>(observed[i]), expected = draws * probability[i];
    if (expected == 0 && count > 0) return 0;
    if (expected >= 5) {
      add_cell(count, expected);
    } else {
      pooled_observed += count;
      pooled_expected += expected;
    }
  }
  if (pooled_expected > 0) add_cell(pooled_observed, pooled_expected);
  return chi_square_p(statistic, cells - 1);
}

/// Two-sided test that something of probability `probability` happened `count` times in `trials`
/// independent trials (normal approximation). The impossible and the certain admit no exception.
inline double binomial_p(std::int64_t count, std::int64_t trials, double probability) {
  const double n = static_cast<double>(trials), deviation = static_cast<double>(count) - n * probability;
  const double variance = n * probability * (1 - probability);
  if (variance <= 0) return deviation == 0 ? 1 : 0;
  return std::erfc(std::abs(deviation) / std::sqrt(2 * variance));
}

}  // namespace statistics
