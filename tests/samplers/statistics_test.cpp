#include "support/statistics.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

using doctest::Approx;

namespace {
bool close(double x, double y) { return std::abs(x - y) <= 1e-12; }
}  // namespace

TEST_CASE("the incomplete gamma function has its closed forms") {
  for (const double x : {0.0, 1e-8, 0.1, 0.9, 1.0, 2.5, 10.0, 40.0, 700.0}) {
    CAPTURE(x);
    CHECK(close(statistics::upper_gamma(1, x), std::exp(-x)));
    CHECK(close(statistics::upper_gamma(0.5, x), std::erfc(std::sqrt(x))));
    // Q(a + 1, x) = Q(a, x) + x^a e^-x / Γ(a + 1), up to a = 100 on both sides of the switch at x = a + 1
    double q = std::exp(-x);
    for (int a = 1; a < 100; ++a) {
      q += x > 0 ? std::exp(a * std::log(x) - x - std::lgamma(a + 1)) : 0;
      REQUIRE(close(statistics::upper_gamma(a + 1, x), q));
    }
  }
}

TEST_CASE("chi-square p-values match the tables") {
  CHECK(statistics::chi_square_p(3.841458820694124, 1) == Approx(0.05));
  CHECK(statistics::chi_square_p(18.307038053275146, 10) == Approx(0.05));
  CHECK(statistics::chi_square_p(23.209251158954356, 10) == Approx(0.01));
  CHECK(statistics::chi_square_p(149.44925277903886, 100) == Approx(0.001));
  CHECK(statistics::chi_square_p(1143.9170579497834, 1000) == Approx(0.001));
  CHECK(statistics::chi_square_p(7, 0) == 1);
}

TEST_CASE("goodness of fit pools small cells and rejects what cannot be") {
  const std::vector<double> law{0.5, 0.47, 0.01, 0.02, 0};
  // Cells 2 and 3 expect 1 and 2 of 100: pooled, 3 expected. Statistic 25/50 + 16/47 + 1/3, two degrees of
  // freedom.
  CHECK(close(statistics::goodness_of_fit_p(std::vector<std::int64_t>{55, 43, 0, 2, 0}, law),
              std::exp(-0.5 * (25 / 50. + 16 / 47. + 1 / 3.))));
  CHECK(statistics::goodness_of_fit_p(std::vector<std::int64_t>{50, 46, 1, 2, 1}, law) == 0);
  CHECK(statistics::goodness_of_fit_p(std::vector<std::int64_t>{5300, 4400, 100, 200, 0}, law) < 1e-4);
}

TEST_CASE("binomial p-values are normal, and nothing deviates from certainty") {
  CHECK(statistics::binomial_p(550, 1000, 0.5) == Approx(std::erfc(50 / std::sqrt(500.0))));
  CHECK(statistics::binomial_p(10, 10, 1) == 1);
  CHECK(statistics::binomial_p(9, 10, 1) == 0);
  CHECK(statistics::binomial_p(1, 10, 0) == 0);
}
