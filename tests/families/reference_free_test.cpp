#include "family.hpp"

// The pairwise family without a reference.

using families::close;
using families::every;
using families::examples;
using families::outcome;
using families::rows;
using families::run;
using families::same;
using prefopt::cpo_loss;
using prefopt::index;
using test::matrix;

namespace {

template <class Objective>
void stands_everything(const Objective& objective) {
  families::check_gradients(objective, 2);
  families::check_extremes(objective, 2);
  families::check_float(objective, 2);
}

/// The sums keep their log-likelihood where there is nothing to compare with; the others cost nothing.
template <class Objective>
void keeps_the_likelihood_of_masked_pairs(const Objective& objective, double weight) {
  examples<double> x(7, 2);
  for (index b = 0; b < 7; ++b) x.policy(b, 1) = -std::numeric_limits<double>::infinity();
  const outcome out = run(objective, x.batch(objective));
  for (index b = 0; b < 7; ++b) {
    CHECK(out.losses(b) == doctest::Approx(-weight * x.policy(b, 0)));
    CHECK(out.gradient(b, 0) == doctest::Approx(-weight));
    CHECK(out.gradient(b, 1) == 0);
  }
}

long double log_odds(double p) { return p - std::log(-std::expm1(static_cast<long double>(p))); }

}  // namespace

TEST_CASE("simpo stands gradient checks, scores of 1e4, float and masks") {
  const auto simpo = prefopt::simpo({.beta = 2.5, .gamma = 1.4, .label_smoothing = 0.1});
  stands_everything(simpo);
  families::check_masked_pairs(simpo);
}
TEST_CASE("cpo stands gradient checks, scores of 1e4, float and masks with every cost") {
  stands_everything(prefopt::cpo({.beta = 0.7, .nll_weight = 0.3, .label_smoothing = 0.1}));
  families::check_extremes(prefopt::cpo<cpo_loss::hinge>(), 2);
  families::check_float(prefopt::cpo<cpo_loss::hinge>(), 2);
  stands_everything(prefopt::cpo<cpo_loss::ipo>({.beta = 0.7}));
  keeps_the_likelihood_of_masked_pairs(prefopt::cpo({.nll_weight = 0.3}), 0.3);
}
TEST_CASE("alphapo stands gradient checks, scores of 1e4, float and masks") {
  stands_everything(prefopt::alphapo());
  stands_everything(prefopt::alphapo({.beta = 2.5, .gamma = 0.1, .alpha = -0.25}));
  families::check_masked_pairs(prefopt::alphapo());
}
TEST_CASE("orpo stands gradient checks, scores of 1e4, float and masks") {
  families::check_gradients(prefopt::orpo({.beta = 0.7}), 2, {}, 0.1);  // steep near 0
  families::check_extremes(prefopt::orpo({.beta = 0.7}), 2);
  families::check_float(prefopt::orpo({.beta = 0.7}), 2);
  keeps_the_likelihood_of_masked_pairs(prefopt::orpo(), 1);
}
TEST_CASE("mapo stands gradient checks, scores of 1e4, float and masks") {
  families::check_gradients(prefopt::mapo({.beta = 0.3, .snr = 2, .steps = 10}), 2);
  families::check_extremes(prefopt::mapo(), 2);
  families::check_float(prefopt::mapo({.beta = 0.3, .snr = 2, .steps = 10}), 2);
  keeps_the_likelihood_of_masked_pairs(prefopt::mapo(), 1);
}

TEST_CASE("simpo alone is translation-invariant, for answers of one length") {
  CHECK(families::is_translation_invariant(prefopt::simpo(), 2) == false);  // the lengths of the test differ
  CHECK_FALSE(families::is_translation_invariant(prefopt::alphapo(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::orpo(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::cpo(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::mapo(), 2));
  const examples<double> x(rows, 2);
  const outcome out = run(prefopt::simpo(), {.policy = x.policy});
  CHECK(every([&](index b) { return std::abs(out.gradient(b, 0) + out.gradient(b, 1)) < 1e-15; }));
}

TEST_CASE("simpo without a target margin is dpo without a reference, smoothed cdpo") {
  const examples<double> x(rows, 2);
  const prefopt::batch<double> batch{.policy = x.policy};
  CHECK(same(run(prefopt::simpo({.beta = 0.3, .gamma = 0}), batch), run(prefopt::dpo({.beta = 0.3}), batch),
             1e-14));
  CHECK(same(run(prefopt::simpo({.beta = 0.3, .gamma = 0, .label_smoothing = 0.2}), batch),
             run(prefopt::cdpo({.beta = 0.3, .label_smoothing = 0.2}), batch), 1e-14));
}

TEST_CASE("simpo and alphapo average by lengths as if the averages had been given") {
  const examples<double> x(rows, 2);
  matrix<double> averages = x.policy;
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < 2; ++k) averages(b, k) /= x.lengths(b, k);
  const auto check = [&](const auto& objective) {
    const outcome sums = run(objective, {.policy = x.policy, .lengths = x.lengths}),
                  given = run(objective, {.policy = averages});
    CHECK(families::difference(sums.losses, given.losses) < 1e-12);
    CHECK(every([&](index b) {
      return close(sums.gradient(b, 0), given.gradient(b, 0) / x.lengths(b, 0)) &&
             close(sums.gradient(b, 1), given.gradient(b, 1) / x.lengths(b, 1));
    }));
  };
  check(prefopt::simpo());
  check(prefopt::alphapo({.alpha = 0.1}));
}

TEST_CASE("alphapo is simpo at alpha 0, and near it") {
  const examples<double> x(rows, 2);
  const prefopt::batch<double> batch{.policy = x.policy};
  const outcome simpo = run(prefopt::simpo({.beta = 2, .gamma = 0.5}), batch);
  CHECK(same(run(prefopt::alphapo({.alpha = 0}), batch), simpo, 1e-13));
  CHECK(same(run(prefopt::alphapo({.alpha = 1e-10}), batch), simpo, 1e-5));
}

TEST_CASE("cpo without its likelihood is dpo, hinge and ipo without a reference") {
  const examples<double> x(rows, 2);
  const prefopt::batch<double> batch{.policy = x.policy};
  const prefopt::cpo_settings alone{.beta = 0.3, .nll_weight = 0};
  CHECK(same(run(prefopt::cpo(alone), batch), run(prefopt::dpo({.beta = 0.3}), batch), 1e-14));
  CHECK(same(run(prefopt::cpo<cpo_loss::hinge>(alone), batch), run(prefopt::hinge({.beta = 0.3}), batch),
             1e-14));
  CHECK(same(run(prefopt::cpo<cpo_loss::ipo>(alone), batch), run(prefopt::ipo({.beta = 0.3}), batch), 1e-14));
  const outcome with = run(prefopt::cpo({.beta = 0.3, .nll_weight = 0.5}), batch),
                without = run(prefopt::cpo(alone), batch);
  CHECK(every([&](index b) {
    return close(with.losses(b), without.losses(b) - 0.5 * x.policy(b, 0)) &&
           close(with.gradient(b, 0), without.gradient(b, 0) - 0.5) &&
           with.gradient(b, 1) == without.gradient(b, 1);
  }));
}

TEST_CASE("orpo compares log-odds: swapping the pair turns it by them") {
  const examples<double> x(rows, 2);
  matrix<double> swapped(rows, 2);
  for (index b = 0; b < rows; ++b) swapped(b, 0) = x.policy(b, 1), swapped(b, 1) = x.policy(b, 0);
  const auto orpo = prefopt::orpo({.beta = 0.3, .nll_weight = 0});
  const outcome out = run(orpo, {.policy = x.policy}), opposite = run(orpo, {.policy = swapped});
  CHECK(every([&](index b) {
    const long double odds = log_odds(x.policy(b, 0)) - log_odds(x.policy(b, 1));
    return close(out.losses(b) - opposite.losses(b), static_cast<double>(-0.3L * odds)) &&
           close(out.losses(b), static_cast<double>(0.3L * families::softplus(-odds)));
  }));
}

TEST_CASE("orpo takes a probability that rounding made 1 for one just below") {
  const matrix<double> policy{{0, -1}, {-1, 0}, {1e-9, -1}};
  const outcome out = run(prefopt::orpo(), {.policy = policy});
  for (index b = 0; b < 3; ++b) {
    CHECK(std::isfinite(out.losses(b)));
    CHECK(std::isfinite(out.gradient(b, 0)));
    CHECK(std::isfinite(out.gradient(b, 1)));
  }
  CHECK(out.losses(0) < 1e-10);
  CHECK(out.losses(1) > 70);
}

TEST_CASE("mapo is its formula, and beta log 2 above the error where the errors agree") {
  const examples<double> x(rows, 2);
  const auto mapo = prefopt::mapo({.beta = 0.3, .snr = 0.5, .steps = 100});
  const outcome out = run(mapo, {.policy = x.policy});
  const auto odds = [](double m) { return 0.5L * m / std::expm1(0.5L * m); };
  CHECK(every([&](index b) {
    const double chosen = -x.policy(b, 0), rejected = -x.policy(b, 1);
    const long double margin = 100 * (odds(chosen) - odds(rejected));
    return close(out.losses(b), static_cast<double>(chosen + 0.3L * families::softplus(-margin)));
  }));
  matrix<double> equal = x.policy;
  for (index b = 0; b < rows; ++b) equal(b, 1) = equal(b, 0);
  const outcome tied = run(mapo, {.policy = equal});
  CHECK(every([&](index b) { return close(tied.losses(b), -equal(b, 0) + 0.3 * std::log(2.0)); }));
}

TEST_CASE("the odds of an error and their slope are right on either side of where their series ends") {
  for (const long double x : {0.0L, 1e-9L, 2.5e-3L, 0.1L, 0.2499L, 0.2501L, 1.0L, 30.0L, 700.0L, 1e4L})
    for (const long double sign : {1.0L, -1.0L}) {
      const long double at = sign * x, plain = at == 0 ? 0 : at / std::expm1(at) - 1;
      const long double step = 1e-3L, above = at + step, below = at - step;
      const long double slope = (above / std::expm1(above) - below / std::expm1(below)) / (2 * step);
      CHECK(prefopt::expm1_ratio_minus_1(static_cast<double>(at)) ==
            doctest::Approx(static_cast<double>(plain)).epsilon(2e-15));
      CHECK(prefopt::expm1_ratio_slope(static_cast<double>(at)) ==
            doctest::Approx(static_cast<double>(slope)).epsilon(1e-7));
    }
  CHECK(prefopt::expm1_ratio_slope(0.0) == -0.5);
  CHECK(prefopt::expm1_ratio_minus_1(1e-12) == doctest::Approx(-0.5e-12).epsilon(1e-12));
}

#define REFUSES(text, ...) \
  CHECK_THROWS_WITH_AS(prefopt::evaluate(__VA_ARGS__, pair), text, prefopt::invalid_argument)

TEST_CASE("settings outside their range are refused") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const matrix<double> policy{{-1, -2}};
  const prefopt::batch<double> pair{.policy = policy};
  REFUSES("shifted: target is nan, expected a finite value", prefopt::simpo({.gamma = nan}));
  REFUSES("logistic: label_smoothing is -1, expected a value in [0, 0.5)",
          prefopt::simpo({.label_smoothing = -1}));
  REFUSES("alphapo: alpha is nan, expected a finite value", prefopt::alphapo({.alpha = nan}));
  REFUSES("objective: weight is nan, expected a finite value", prefopt::orpo({.beta = nan}));
  REFUSES("objective: weight is nan, expected a finite value", prefopt::cpo({.nll_weight = nan}));
  REFUSES("mapo: snr is 0, expected a finite value above 0", prefopt::mapo({.snr = 0}));
  REFUSES("factor: value is 0, expected a finite value above 0", prefopt::mapo({.steps = 0}));
}
