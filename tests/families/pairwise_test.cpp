#include "family.hpp"

// The pairwise family with a reference, beyond DPO's nearest relatives.

using families::close;
using families::every;
using families::examples;
using families::outcome;
using families::rows;
using families::run;
using families::same;
using prefopt::f_divergence;
using prefopt::index;
using test::matrix;

namespace {

/// a_k = log π − log π_ref.
double ratio(const examples<double>& x, index b, index k) { return x.policy(b, k) - x.reference(b, k); }
double margin(const examples<double>& x, index b) { return ratio(x, b, 0) - ratio(x, b, 1); }

template <class Objective>
void stands_everything(const Objective& objective) {
  families::check_gradients(objective, 2);
  families::check_extremes(objective, 2);
  families::check_float(objective, 2);
}
template <class Objective>
void stands_masks_too(const Objective& objective) {
  stands_everything(objective);
  families::check_masked_pairs(objective);
}

}  // namespace

TEST_CASE("exo_pair stands gradient checks, scores of 1e4, float and masks") {
  stands_masks_too(prefopt::exo_pair({.beta = 0.7, .label_smoothing = 0.01}));
}
TEST_CASE("discopop stands gradient checks, scores of 1e4, float and masks") {
  stands_masks_too(prefopt::discopop({.beta = 0.7, .tau = 0.5}));
}
TEST_CASE("f_dpo stands gradient checks, scores of 1e4, float and masks under every divergence") {
  stands_masks_too(prefopt::f_dpo<f_divergence::js>({.beta = 0.7}));
  stands_masks_too(prefopt::f_dpo<f_divergence::alpha>({.beta = 0.7, .alpha = 0.5}));
  families::check_gradients(prefopt::f_dpo<f_divergence::alpha>({.beta = 0.7, .alpha = 1.7}), 2);
  families::check_extremes(prefopt::f_dpo<f_divergence::alpha>({.beta = 0.7, .alpha = 1.7}), 2);
  families::check_masked_pairs(prefopt::f_dpo<f_divergence::alpha>({.beta = 0.7, .alpha = 1.7}));
  families::check_extremes(prefopt::f_dpo<f_divergence::forward_kl>({.beta = 0.7}), 2);
}
TEST_CASE("ipo_lengthnorm stands gradient checks, scores of 1e4, float and masks") {
  stands_masks_too(prefopt::ipo_lengthnorm({.beta = 0.7}));
}
TEST_CASE("nca_pair, bco_pair and sppo_hard stand gradient checks, scores of 1e4, float and masks") {
  stands_masks_too(prefopt::nca_pair({.beta = 0.7}));
  stands_masks_too(prefopt::bco_pair({.beta = 0.7}));
  stands_masks_too(prefopt::sppo_hard({.beta = 0.7}));
}
TEST_CASE("apo_zero and apo_down stand gradient checks, scores of 1e4, float and masks") {
  stands_masks_too(prefopt::apo_zero({.beta = 0.7}));
  stands_masks_too(prefopt::apo_down({.beta = 0.7}));
}
TEST_CASE("aot and aot_unpaired stand gradient checks, scores of 1e4 and float") {
  stands_everything(prefopt::aot({.beta = 0.7, .label_smoothing = 0.1}));
  stands_everything(prefopt::aot_unpaired({.beta = 0.7, .label_smoothing = 0.1}));
}

TEST_CASE("translation invariance is what the specification says") {
  CHECK(families::is_translation_invariant(prefopt::exo_pair(), 2));
  CHECK(families::is_translation_invariant(prefopt::discopop(), 2));
  CHECK(families::is_translation_invariant(prefopt::aot(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::f_dpo<f_divergence::js>(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::f_dpo<f_divergence::alpha>(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::ipo_lengthnorm(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::nca_pair(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::bco_pair(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::sppo_hard(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::apo_zero(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::apo_down(), 2));
}

// ---- identities

TEST_CASE(
    "exo_pair is a divergence: at least 0, with its minimum where the margin is the log-odds of the labels") {
  const examples<double> x(rows, 2);
  const double beta = 0.7, flipped = 0.05, best = std::log((1 - flipped) / flipped);
  const outcome out =
      run(prefopt::exo_pair({.beta = beta, .label_smoothing = flipped}), x.batch(prefopt::exo_pair()));
  CHECK(every([&](index b) {
    const double m = beta * margin(x, b);
    const long double won = families::sigmoid(m), lost = families::sigmoid(-m);
    const long double expected =
        won * (-families::softplus(-m) - std::log(1 - static_cast<long double>(flipped))) +
        lost * (-families::softplus(m) - std::log(static_cast<long double>(flipped)));
    const bool falls = m < best ? out.gradient(b, 0) <= 0 : out.gradient(b, 0) >= 0;
    return out.losses(b) >= -1e-15 && falls && close(out.losses(b), static_cast<double>(expected));
  }));
}

TEST_CASE("discopop is logistic for margins far below 0 and exponential far above") {
  const examples<double> x(rows, 2);
  const outcome out = run(prefopt::discopop({.beta = 1, .tau = 0.05}), x.batch(prefopt::discopop())),
                dpo = run(prefopt::dpo({.beta = 1}), x.batch(prefopt::dpo()));
  index below = 0, above = 0;
  CHECK(every([&](index b) {
    const double m = margin(x, b);
    if (m < -3) {
      ++below;
      return close(out.losses(b), dpo.losses(b)) && close(out.gradient(b, 0), dpo.gradient(b, 0));
    }
    if (m > 3) {
      ++above;
      return close(out.losses(b), std::exp(-m)) && close(out.gradient(b, 0), -std::exp(-m));
    }
    const long double w = families::sigmoid(m / 0.05L);
    return close(out.losses(b),
                 static_cast<double>((1 - w) * families::softplus(-m) + w * std::exp(-1.0L * m)));
  }));
  CHECK(below > 1000);
  CHECK(above > 1000);
}

TEST_CASE(
    "f_dpo under the reverse kl is dpo, which the other divergences meet at alpha 1 and forward kl at alpha "
    "0") {
  const examples<double> x(rows, 2);
  const auto of = [&](const auto& objective) { return run(objective, x.batch(objective)); };
  static_assert(std::is_same_v<decltype(prefopt::f_dpo()), decltype(prefopt::dpo())>);
  const outcome dpo = of(prefopt::dpo({.beta = 0.4}));
  CHECK(same(of(prefopt::f_dpo({.beta = 0.4})), dpo, 1e-15));
  CHECK(same(of(prefopt::f_dpo<f_divergence::alpha>({.beta = 0.4, .alpha = 1})), dpo, 1e-13));
  CHECK(same(of(prefopt::f_dpo<f_divergence::alpha>({.beta = 0.4, .alpha = 1 + 1e-9})), dpo, 1e-4));
  CHECK(same(of(prefopt::f_dpo<f_divergence::alpha>({.beta = 0.4, .alpha = 0})),
             of(prefopt::f_dpo<f_divergence::forward_kl>({.beta = 0.4})), 1e-15));
}

TEST_CASE("f_dpo under jensen and shannon is less sure of either side than dpo") {
  const examples<double> x(rows, 2);
  const outcome js = run(prefopt::f_dpo<f_divergence::js>({.beta = 1}), x.batch(prefopt::dpo())),
                dpo = run(prefopt::dpo({.beta = 1}), x.batch(prefopt::dpo()));
  CHECK(every([&](index b) {
    const double slack = 1e-14 * (1 + dpo.losses(b));
    return margin(x, b) > 0 ? js.losses(b) >= dpo.losses(b) - slack : js.losses(b) <= dpo.losses(b) + slack;
  }));
}

TEST_CASE("f_dpo keeps the sign of a difference whose terms overflow") {
  // S = −e^1000 against −e^999: no double holds them, yet it is clear which is larger.
  const matrix<double> right{{-999, -1000}}, wrong{{-1000, -999}};
  const outcome good = run(prefopt::f_dpo<f_divergence::forward_kl>(), {.policy = right}),
                bad = run(prefopt::f_dpo<f_divergence::forward_kl>(), {.policy = wrong});
  CHECK(good.losses(0) == 0);
  CHECK(good.gradient(0, 0) == 0);
  CHECK(bad.losses(0) > 1e290);
  CHECK(bad.gradient(0, 0) < -1e290);
}

TEST_CASE("ipo_lengthnorm over single tokens is ipo, and over n of them ipo on a n-th") {
  examples<double> x(rows, 2);
  const auto ipo = prefopt::ipo({.beta = 0.3});
  const auto normalised = prefopt::ipo_lengthnorm({.beta = 0.3});
  x.lengths = matrix<double>(rows, 2, 1);
  CHECK(same(run(normalised, x.batch(normalised)), run(ipo, x.batch(ipo)), 1e-14));
  x.lengths = matrix<double>(rows, 2, 4);
  examples<double> quarter = x;
  for (double& p : quarter.policy.values()) p /= 4;
  for (double& r : quarter.reference.values()) r /= 4;
  const outcome long_ones = run(normalised, x.batch(normalised)), short_ones = run(ipo, quarter.batch(ipo));
  CHECK(families::difference(long_ones.losses, short_ones.losses) < 1e-13);
  CHECK(
      every([&](index b) { return close(long_ones.gradient(b, 0), short_ones.gradient(b, 0) / 4, 1e-13); }));
}

TEST_CASE("bco_pair is bce with the rewards as logits") {
  const examples<double> x(rows, 2);
  matrix<double> logits(rows, 2);
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < 2; ++k) logits(b, k) = 0.3 * ratio(x, b, k);
  const outcome bco = run(prefopt::bco_pair({.beta = 0.3}), x.batch(prefopt::bco_pair())),
                bce = run(prefopt::bce(), {.scores = logits});
  CHECK(families::difference(bco.losses, bce.losses) < 1e-14);
  CHECK(every([&](index b) { return close(bco.gradient(b, 1), 0.3 * bce.gradient(b, 1), 1e-14); }));
}

TEST_CASE("nca_pair is half of bco_pair and half of what keeps the preferred reward near 0") {
  const examples<double> x(rows, 2);
  const outcome nca = run(prefopt::nca_pair({.beta = 0.3}), x.batch(prefopt::nca_pair())),
                bco = run(prefopt::bco_pair({.beta = 0.3}), x.batch(prefopt::bco_pair()));
  CHECK(every([&](index b) {
    const long double s = 0.3L * ratio(x, b, 0);
    const auto near_0 = static_cast<double>(families::softplus(s) + families::softplus(-s));
    return close(nca.losses(b), 0.5 * bco.losses(b) + 0.5 * near_0) &&
           close(nca.gradient(b, 1), 0.5 * bco.gradient(b, 1));
  }));
}

TEST_CASE("apo losses lie between 0 and 2 and pull less the further a reward is off") {
  const examples<double> x(rows, 2);
  const outcome zero = run(prefopt::apo_zero({.beta = 1}), x.batch(prefopt::apo_zero())),
                down = run(prefopt::apo_down({.beta = 1}), x.batch(prefopt::apo_down()));
  CHECK(every([&](index b) {
    return zero.losses(b) >= 0 && zero.losses(b) <= 2 && down.losses(b) >= 0 && down.losses(b) <= 2 &&
           zero.gradient(b, 0) <= 0 && zero.gradient(b, 1) >= 0 && zero.gradient(b, 0) >= -0.25 &&
           down.gradient(b, 1) >= 0 && std::abs(down.gradient(b, 0)) <= 0.25;
  }));
}

TEST_CASE("where the policy is the reference the losses are known") {
  examples<double> x(rows, 2);
  x.reference = x.policy;
  const auto check = [&](const auto& objective, double expected) {
    CHECK(families::difference(run(objective, x.batch(objective)).losses, matrix<double>(rows, 1, expected)) <
          1e-14);
  };
  const double ln2 = std::log(2.0);
  check(prefopt::exo_pair({.label_smoothing = 0.1}), -ln2 - 0.5 * std::log(0.1 * 0.9));
  check(prefopt::discopop(), 0.5 * ln2 + 0.5);
  check(prefopt::f_dpo<f_divergence::js>(), ln2);
  check(prefopt::f_dpo<f_divergence::alpha>(), ln2);
  check(prefopt::ipo_lengthnorm({.beta = 0.2}), 1 / (4 * 0.2 * 0.2));
  check(prefopt::aot(), ln2);
  check(prefopt::aot_unpaired(), ln2);
  check(prefopt::nca_pair(), 2 * ln2);
  check(prefopt::bco_pair(), 2 * ln2);
  check(prefopt::sppo_hard({.beta = 0.2}), 1 / (2 * 0.2 * 0.2));
  check(prefopt::apo_zero(), 1);
  check(prefopt::apo_down(), 1);
}

// ---- optimal transport

TEST_CASE("a batch of one is cdpo to aot and aot_unpaired") {
  const examples<double> all(rows, 2);
  const auto cdpo = prefopt::cdpo({.beta = 0.3, .label_smoothing = 0.1});
  const outcome expected = run(cdpo, all.batch(cdpo));
  bool paired = true, unpaired = true;
  for (index b = 0; b < rows; ++b) {
    const matrix<double> policy{{all.policy(b, 0), all.policy(b, 1)}},
        reference{{all.reference(b, 0), all.reference(b, 1)}};
    const prefopt::batch<double> one{.policy = policy, .reference = reference};
    const auto is_cdpo = [&](const auto& objective) {
      const outcome out = run(objective, one);
      return close(out.losses(0), expected.losses(b)) && close(out.gradient(0, 0), expected.gradient(b, 0)) &&
             close(out.gradient(0, 1), expected.gradient(b, 1));
    };
    paired = paired && is_cdpo(prefopt::aot({.beta = 0.3, .label_smoothing = 0.1}));
    unpaired = unpaired && is_cdpo(prefopt::aot_unpaired({.beta = 0.3, .label_smoothing = 0.1}));
  }
  CHECK(paired);
  CHECK(unpaired);
}

TEST_CASE("matching by rank costs at most what matching by example does") {
  bool at_most = true;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const examples<double> x(50, 2, seed);
    const auto loss = [&](const auto& objective) {
      return prefopt::evaluate(objective, x.batch(objective)).loss;
    };
    const double by_example = loss(prefopt::cdpo({.beta = 0.3, .label_smoothing = 0.1}));
    at_most = at_most && loss(prefopt::aot({.beta = 0.3, .label_smoothing = 0.1})) <= by_example + 1e-12 &&
              loss(prefopt::aot_unpaired({.beta = 0.3, .label_smoothing = 0.1})) <= by_example + 1e-12;
  }
  CHECK(at_most);
}

TEST_CASE("aot sees no order of the examples, and an example that has no pair or is skipped takes no part") {
  constexpr double infinity = std::numeric_limits<double>::infinity(),
                   nan = std::numeric_limits<double>::quiet_NaN();
  const examples<double> x(20, 2);
  examples<double> more(23, 2);
  for (index b = 0; b < 20; ++b)
    for (index k = 0; k < 2; ++k) {
      more.policy(22 - b, k) = x.policy(b, k);
      more.reference(22 - b, k) = x.reference(b, k);
    }
  more.policy(0, 1) = -infinity;
  more.policy(1, 0) = nan;
  more.policy(2, 1) = nan;
  const auto check = [&](const auto& objective) {
    const outcome alone = run(objective, x.batch(objective));
    matrix<double> losses(23, 1), gradient(23, 2);
    const auto result = prefopt::evaluate(
        objective, more.batch(objective), gradient,
        {.reduction = families::reduction::none, .losses = losses, .non_finite = prefopt::non_finite::skip});
    CHECK(result.skipped == 2);
    for (index b = 0; b < 20; ++b) {
      CHECK(losses(22 - b) == alone.losses(b));
      for (index k = 0; k < 2; ++k) CHECK(gradient(22 - b, k) == alone.gradient(b, k));
    }
    for (index b = 0; b < 3; ++b) CHECK((losses(b) == 0 && gradient(b, 0) == 0 && gradient(b, 1) == 0));
  };
  check(prefopt::aot({.beta = 0.3, .label_smoothing = 0.1}));
  check(prefopt::aot_unpaired({.beta = 0.3, .label_smoothing = 0.1}));
}

// ---- errors

#define REFUSES(text, ...) \
  CHECK_THROWS_WITH_AS(prefopt::evaluate(__VA_ARGS__, pair), text, prefopt::invalid_argument)

TEST_CASE("settings outside their range are refused") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const matrix<double> policy{{-1, -2}};
  const prefopt::batch<double> pair{.policy = policy};
  REFUSES("exo: label_smoothing is 0, expected a value in (0, 0.5)",
          prefopt::exo_pair({.label_smoothing = 0}));
  REFUSES("exo: label_smoothing is 0.5, expected a value in (0, 0.5)",
          prefopt::exo_pair({.label_smoothing = 0.5}));
  REFUSES("discopop: tau is 0, expected a finite value above 0", prefopt::discopop({.tau = 0}));
  REFUSES("alpha_divergence: alpha is nan, expected a finite value",
          prefopt::f_dpo<f_divergence::alpha>({.alpha = nan}));
  REFUSES("logistic: label_smoothing is 0.5, expected a value in [0, 0.5)",
          prefopt::aot({.label_smoothing = 0.5}));
  REFUSES("logistic: label_smoothing is 0.5, expected a value in [0, 0.5)",
          prefopt::aot_unpaired({.label_smoothing = 0.5}));
  REFUSES("strength: beta is -1, expected a finite value above 0", prefopt::apo_down({.beta = -1}));
  REFUSES("evaluate: lengths is absent, but this objective needs it", prefopt::ipo_lengthnorm());
}

TEST_CASE("a length that is no number of tokens is refused, unless its item is masked") {
  const matrix<double> policy{{-1, -2}, {-1, -2}};
  matrix<double> lengths{{3, 4}, {5, 0}};
  const prefopt::batch<double> pair{.policy = policy, .lengths = lengths};
  REFUSES("evaluate: lengths[1, 1] is 0, expected a value above 0", prefopt::ipo_lengthnorm());
  const matrix<double> masked{{-1, -2}, {-1, -std::numeric_limits<double>::infinity()}};
  CHECK(prefopt::evaluate(prefopt::ipo_lengthnorm(),
                          prefopt::batch<double>{.policy = masked, .lengths = lengths})
            .examples == 1);
}
