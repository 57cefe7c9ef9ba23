#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/recipes.hpp>

#include "support/engine.hpp"
#include "support/matrix.hpp"

/// \file
/// Every way through the engine (dense tiles, tiles of masked or ordered rows, rows across the lanes, remainders) against
/// long double, whose rows have one lane and take the plainest way. Scores are multiples of 1/64 and β is 1, so that all
/// number types see the same rewards; what remains is the error of the kernels.

namespace {

using prefopt::index;
using test::matrix;

struct problem {
  index rows, columns;
  double spread;
  bool with_reference = true, masked = false, ordered = false, weighted = false, in_place = false,
       accumulated = false;
};

/// The batch of a problem, in one number type.
template <class Scalar>
struct data {
  matrix<Scalar> policy, reference, weights, relevance, gradient, losses;
  matrix<std::int32_t> order;
  problem what;

  explicit data(const problem& p)
      : policy(p.rows, p.columns),
        reference(p.rows, p.columns),
        weights(p.rows, 1),
        relevance(p.rows, p.columns),
        gradient(p.rows, p.columns, p.accumulated ? Scalar(0.5) : Scalar(99)),
        losses(p.rows, 1),
        order(p.rows, p.columns),
        what(p) {
    std::mt19937_64 generator(static_cast<std::uint64_t>(p.rows * 1000 + p.columns));
    std::uniform_real_distribution<double> uniform(-p.spread / 2, p.spread / 2);
    const auto draw = [&] { return static_cast<Scalar>(std::round(uniform(generator) * 64) / 64); };
    for (Scalar& x : policy.values()) x = draw();
    for (Scalar& x : reference.values()) x = p.with_reference ? draw() : Scalar(0);
    for (Scalar& x : weights.values()) x = static_cast<Scalar>(generator() % 4) / 2;
    for (Scalar& x : relevance.values()) x = static_cast<Scalar>(generator() % (p.columns % 2 == 0 ? 5 : 64));
    if (p.masked)
      for (index b = 0; b < p.rows; ++b)
        for (index k = 1; k < p.columns; ++k)
          if (generator() % 3 == 0) policy(b, k) = -std::numeric_limits<Scalar>::infinity();
    for (index b = 0; b < p.rows; ++b) {
      std::int32_t* const row = &order(b, 0);
      std::iota(row, row + p.columns, 0);
      std::shuffle(row, row + p.columns, generator);
    }
  }

  template <class Objective>
  prefopt::result run(const Objective& objective, bool ranks) {
    prefopt::batch<Scalar> batch{.policy = policy};
    if (what.with_reference) batch.reference = reference;
    if (what.weighted) batch.weights = weights;
    if (what.ordered) batch.order = order;
    if (ranks) batch.relevance = relevance;
    if (what.in_place) {
      const auto result = test::evaluate<Scalar>(objective, batch, policy, {.losses = losses});
      gradient = policy;
      return result;
    }
    return test::evaluate<Scalar>(objective, batch, gradient,
                                  {.accumulate = what.accumulated, .losses = losses});
  }
};

/// Largest difference relative to the exact number. What lies below the smallest normal number counts as zero, and a
/// number that is what is left of larger ones in its row (Plackett–Luce's and RankNet's slopes) is as exact as they are.
template <class Scalar>
double error(const matrix<Scalar>& got, const matrix<long double>& exact) {
  constexpr long double smallest = std::numeric_limits<Scalar>::min(), left_over = 0.02L;
  double worst = 0;
  for (index b = 0; b < got.rows(); ++b) {
    long double largest = 0;
    for (index k = 0; k < got.columns(); ++k) largest = std::max(largest, std::abs(exact(b, k)));
    for (index k = 0; k < got.columns(); ++k) {
      const long double e = exact(b, k), g = got(b, k), difference = std::abs(g - e);
      if (!std::isfinite(static_cast<double>(g))) return std::numeric_limits<double>::infinity();
      const long double scale = std::max({std::abs(e), left_over * largest, 1e5L * smallest});
      worst = std::max(worst, static_cast<double>(difference / scale));
    }
  }
  return worst;
}

template <class Scalar, class Objective>
void check(const std::string& name, const Objective& objective, const problem& p, bool ranks = false) {
  CAPTURE(name);
  CAPTURE(p.rows);
  CAPTURE(p.columns);
  CAPTURE(p.spread);
  CAPTURE(p.masked);
  CAPTURE(p.ordered);
  data<Scalar> mine(p);
  data<long double> oracle(p);
  const auto result = mine.run(objective, ranks);
  const auto exact = oracle.run(objective, ranks);
  constexpr double limit = sizeof(Scalar) == sizeof(float) ? 1e-5 : 1e-12;
  CHECK(error(mine.losses, oracle.losses) < limit);
  CHECK(error(mine.gradient, oracle.gradient) < limit);
  CHECK(result.examples == exact.examples);
  CHECK(result.accuracy == doctest::Approx(exact.accuracy));
  CHECK(result.margin == doctest::Approx(exact.margin).epsilon(1e-5));
  CHECK(result.hardest_margin == doctest::Approx(exact.hardest_margin).epsilon(1e-5));
  CHECK(result.rejected_reward == doctest::Approx(exact.rejected_reward).epsilon(1e-5));
}

template <class Scalar>
void check_all(const problem& p) {
  if (!p.ordered) {
    if (p.columns == 2) check<Scalar>("dpo", prefopt::dpo({.beta = 1}), p);
    check<Scalar>("s_dpo", prefopt::s_dpo({.beta = 1}), p);
    check<Scalar>("dpo_k", prefopt::dpo_k({.beta = 1}), p);
    check<Scalar>("dmpo", prefopt::dmpo({.beta = 1}), p);
    check<Scalar>("bce", prefopt::bce(), p);
    if (p.columns <= 200) check<Scalar>("ranknet", prefopt::ranknet(), p, true);
  }
  check<Scalar>("plackett_luce", prefopt::plackett_luce({.beta = 1}), p);
  check<Scalar>("plackett_luce_topm", prefopt::plackett_luce_topm({.beta = 1, .top_m = 3}), p);
}

constexpr double spreads[] = {0.25, 8, 60, 150, 20000};

}  // namespace

TEST_CASE_TEMPLATE("rows_of_every_length_are_accurate", Scalar, float, double) {
  for (const index columns : {2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 50, 64, 100, 129})
    check_all<Scalar>({67, columns, 8});
}

TEST_CASE_TEMPLATE("long_rows_are_accurate", Scalar, float, double) {
  for (const index columns : {511, 512, 517, 1029, 40001}) check_all<Scalar>({3, columns, 8});
}

TEST_CASE_TEMPLATE("any_number_of_rows_is_accurate", Scalar, float, double) {
  for (const index rows : {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 300}) check_all<Scalar>({rows, 6, 8});
}

TEST_CASE_TEMPLATE("any_spread_is_accurate", Scalar, float, double) {
  for (const double spread : spreads)
    for (const index columns : {2, 5, 24, 600}) check_all<Scalar>({40, columns, spread});
}

TEST_CASE_TEMPLATE("masked_rows_are_accurate", Scalar, float, double) {
  for (const double spread : spreads)
    for (const index columns : {5, 24, 600})
      check_all<Scalar>({.rows = 40, .columns = columns, .spread = spread, .masked = true});
}

TEST_CASE_TEMPLATE("ordered_rows_are_accurate", Scalar, float, double) {
  for (const bool masked : {false, true})
    for (const double spread : spreads)
      for (const index columns : {2, 5, 24, 70})
        check_all<Scalar>(
            {.rows = 40, .columns = columns, .spread = spread, .masked = masked, .ordered = true});
}

TEST_CASE_TEMPLATE("weights_accumulation_and_no_reference_go_every_way", Scalar, float, double) {
  for (const bool ordered : {false, true})
    for (const index columns : {2, 4, 5, 24, 600}) {
      check_all<Scalar>({.rows = 40, .columns = columns, .spread = 8, .ordered = ordered, .weighted = true});
      check_all<Scalar>(
          {.rows = 40, .columns = columns, .spread = 8, .with_reference = false, .ordered = ordered});
      check_all<Scalar>(
          {.rows = 40, .columns = columns, .spread = 8, .ordered = ordered, .accumulated = true});
    }
}

TEST_CASE_TEMPLATE("the_gradient_may_lie_on_the_policy", Scalar, float, double) {
  for (const bool masked : {false, true})
    for (const index columns : {2, 4, 5, 24, 600, 40001})
      check_all<Scalar>({.rows = columns > 1000 ? 2 : 40,
                         .columns = columns,
                         .spread = 8,
                         .masked = masked,
                         .in_place = true});
}
