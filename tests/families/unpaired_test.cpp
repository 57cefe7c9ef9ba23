#include "family.hpp"

// Items on their own, labelled good or bad.

using families::close;
using families::every;
using families::examples;
using families::outcome;
using families::rows;
using families::run;
using families::same;
using prefopt::index;
using test::matrix;

namespace {

using bco_state = prefopt::state_of<decltype(prefopt::bco())>;

template <class Objective>
void stands_everything(const Objective& objective, prefopt::state_of<Objective> state = {}) {
  for (const index columns : {1, 2, 5}) {
    families::check_gradients(objective, columns, state);
    families::check_extremes(objective, columns, state);
    families::check_float(objective, columns, state);
  }
}

}  // namespace

TEST_CASE("kto stands gradient checks, scores of 1e4 and float") {
  stands_everything(prefopt::kto({.beta = 0.7, .desirable_weight = 1.3, .undesirable_weight = 0.6}));
}
TEST_CASE("apo_zero_unpaired stands gradient checks, scores of 1e4 and float") {
  stands_everything(
      prefopt::apo_zero_unpaired({.beta = 0.7, .desirable_weight = 1.3, .undesirable_weight = 0.6}));
}
TEST_CASE("bco stands gradient checks, scores of 1e4 and float") {
  stands_everything(prefopt::bco({.beta = 0.7}), {.mean = 0.2, .count = 30});
}

TEST_CASE("masked items cost nothing, and are not counted among those that share the loss") {
  examples<double> wide(23, 5), narrow(23, 4);
  for (index b = 0; b < 23; ++b) {
    for (index k = 0; k < 4; ++k) {
      narrow.policy(b, k) = wide.policy(b, k);
      narrow.reference(b, k) = wide.reference(b, k);
      narrow.relevance(b, k) = wide.relevance(b, k);
    }
    wide.policy(b, 4) = -std::numeric_limits<double>::infinity();
    narrow.kl(b) = wide.kl(b);
  }
  const auto check = [&](const auto& objective) {
    const outcome masked = run(objective, wide.batch(objective)),
                  absent = run(objective, narrow.batch(objective));
    for (index b = 0; b < 23; ++b) {
      CHECK(masked.losses(b) == doctest::Approx(absent.losses(b)).epsilon(1e-14));
      CHECK(masked.gradient(b, 4) == 0);
      for (index k = 0; k < 4; ++k)
        CHECK(masked.gradient(b, k) == doctest::Approx(absent.gradient(b, k)).epsilon(1e-14));
    }
  };
  check(prefopt::kto());
  check(prefopt::apo_zero_unpaired());
  check(prefopt::bco());
}

TEST_CASE("long rows are evaluated as short ones are") {
  const examples<double> x(9, 700);
  const auto check = [&](const auto& objective) {
    const outcome out = run(objective, x.batch(objective));
    for (const index b : {0, 4, 8}) {
      long double total = 0;
      for (index k = 0; k < 700; ++k) {
        const long double s = 0.1L * (x.policy(b, k) - x.reference(b, k));
        total += families::sigmoid(x.relevance(b, k) > 0 ? -s : s);
      }
      CHECK(out.losses(b) == doctest::Approx(static_cast<double>(total / 700)).epsilon(1e-13));
    }
  };
  check(prefopt::apo_zero_unpaired());
}

TEST_CASE("none of them is translation-invariant") {
  CHECK_FALSE(families::is_translation_invariant(prefopt::kto(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::apo_zero_unpaired(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::bco(), 2));
}

TEST_CASE(
    "apo_zero_unpaired over unlabelled pairs is half of apo_zero, and over singles the mean of a pair") {
  const examples<double> x(rows, 2);
  const prefopt::batch<double> pairs{.policy = x.policy, .reference = x.reference};
  const outcome unpaired = run(prefopt::apo_zero_unpaired({.beta = 0.3}), pairs),
                paired = run(prefopt::apo_zero({.beta = 0.3}), pairs);
  CHECK(every([&](index b) {
    return close(unpaired.losses(b), paired.losses(b) / 2, 1e-15) &&
           close(unpaired.gradient(b, 0), paired.gradient(b, 0) / 2, 1e-15) &&
           close(unpaired.gradient(b, 1), paired.gradient(b, 1) / 2, 1e-15);
  }));
  matrix<double> policy(2 * rows, 1), reference(2 * rows, 1), labels(2 * rows, 1);
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < 2; ++k) {
      policy(2 * b + k) = x.policy(b, k);
      reference(2 * b + k) = x.reference(b, k);
      labels(2 * b + k) = k == 0 ? 1 : -3;
    }
  const outcome single = run(prefopt::apo_zero_unpaired({.beta = 0.3}),
                             {.policy = policy, .reference = reference, .relevance = labels});
  CHECK(every([&](index b) {
    return close(unpaired.losses(b), (single.losses(2 * b) + single.losses(2 * b + 1)) / 2, 1e-15);
  }));
}

TEST_CASE(
    "kto with a kl of at most 0 is apo_zero_unpaired, whose costs of the two labels add up to the weight") {
  const examples<double> x(rows, 1);
  examples<double> flipped = x;
  for (double& label : flipped.relevance.values()) label = 1 - label;
  const prefopt::batch<double> batch{
      .policy = x.policy, .reference = x.reference, .relevance = x.relevance, .kl = x.kl};
  auto negative = batch;
  const matrix<double> kl(rows, 1, -0.5);
  negative.kl = kl;
  const auto apo = prefopt::apo_zero_unpaired();
  CHECK(same(run(prefopt::kto(), negative), run(apo, x.batch(apo)), 1e-15));
  auto other = batch;
  other.relevance = flipped.relevance;
  const outcome one = run(prefopt::kto(), batch), two = run(prefopt::kto(), other);
  CHECK(every([&](index b) {
    return one.losses(b) >= 0 && one.losses(b) <= 1 && close(one.losses(b) + two.losses(b), 1, 1e-15) &&
           one.gradient(b, 0) == -two.gradient(b, 0);
  }));
}

TEST_CASE("kto's baseline is the mean kl of the examples that are not skipped") {
  const examples<double> x(40, 1);
  matrix<double> policy(41, 1), reference(41, 1), labels(41, 1), kl(41, 1);
  for (index b = 0; b < 40; ++b) {
    policy(b + 1) = x.policy(b), reference(b + 1) = x.reference(b);
    labels(b + 1) = x.relevance(b), kl(b + 1) = x.kl(b);
  }
  policy(0) = std::numeric_limits<double>::quiet_NaN();
  kl(0) = 1e6;
  matrix<double> losses(41, 1);
  const auto result = prefopt::evaluate(
      prefopt::kto(),
      prefopt::batch<double>{.policy = policy, .reference = reference, .relevance = labels, .kl = kl},
      {.losses = losses, .non_finite = prefopt::non_finite::skip});
  const outcome alone = run(prefopt::kto(), x.batch(prefopt::kto()));
  CHECK(result.skipped == 1);
  CHECK(losses(0) == 0);
  for (index b = 0; b < 40; ++b) CHECK(losses(b + 1) == alone.losses(b));
}

TEST_CASE("without labels the preferred item is the good one") {
  const examples<double> x(rows, 3);
  matrix<double> labels(rows, 3);
  for (index b = 0; b < rows; ++b) labels(b, 0) = 1;
  const auto check = [&](const auto& objective, prefopt::batch<double> batch) {
    const outcome without = run(objective, batch);
    batch.relevance = labels;
    CHECK(same(run(objective, batch), without, 1e-15));
  };
  check(prefopt::kto(), {.policy = x.policy, .reference = x.reference, .kl = x.kl});
  check(prefopt::bco(), {.policy = x.policy, .reference = x.reference});
}

// ---- bco and its state

TEST_CASE("bco's state is the mean and the number of all rewards it has seen, whatever the batches") {
  const examples<double> x(rows, 2);
  const auto bco = prefopt::bco({.beta = 0.3});
  bco_state state;
  long double total = 0;
  for (index first = 0; first < rows; first += 1250) {
    const auto part = [&](const matrix<double>& m) {
      return prefopt::as_matrix(m.values(), rows, 2).block(first, 1250);
    };
    prefopt::evaluate(bco, prefopt::batch<double>{.policy = part(x.policy), .reference = part(x.reference)},
                      {.state = &state});
    for (index b = first; b < first + 1250; ++b)
      for (index k = 0; k < 2; ++k) total += x.policy(b, k) - x.reference(b, k);
    CHECK(state.count == static_cast<double>(2 * (first + 1250)));
    CHECK(state.mean == doctest::Approx(static_cast<double>(total) / state.count).epsilon(1e-11));
  }
}

TEST_CASE("bco around its mean is bco_pair around 0, halved") {
  examples<double> x(rows, 2);
  double mean = 0;
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < 2; ++k)
      mean += (x.policy(b, k) - x.reference(b, k)) / static_cast<double>(2 * rows);
  const prefopt::batch<double> batch{.policy = x.policy, .reference = x.reference};
  const outcome bco = run(prefopt::bco({.beta = 0.3}), batch);
  examples<double> centred = x;
  for (double& r : centred.reference.values()) r += mean;
  const outcome pair =
      run(prefopt::bco_pair({.beta = 0.3}), {.policy = x.policy, .reference = centred.reference});
  CHECK(every([&](index b) {
    return close(bco.losses(b), pair.losses(b) / 2) && close(bco.gradient(b, 0), pair.gradient(b, 0) / 2) &&
           close(bco.gradient(b, 1), pair.gradient(b, 1) / 2);
  }));
}

TEST_CASE("a copy of bco's state evaluates without teaching the original") {
  const examples<double> x(50, 2);
  const prefopt::batch<double> batch{.policy = x.policy, .reference = x.reference};
  const bco_state kept{.mean = 0.5, .count = 10};
  bco_state copy = kept, again = kept;
  const double first = prefopt::evaluate(prefopt::bco(), batch, {.state = &copy}).loss;
  CHECK(copy.count == 110);
  CHECK(prefopt::evaluate(prefopt::bco(), batch, {.state = &again}).loss == first);
  CHECK(kept.count == 10);
}

TEST_CASE("rows that are skipped teach bco's state nothing, and an empty batch leaves it alone") {
  examples<double> x(50, 2);
  x.policy(7, 1) = std::numeric_limits<double>::quiet_NaN();
  bco_state state;
  prefopt::evaluate(prefopt::bco(), prefopt::batch<double>{.policy = x.policy, .reference = x.reference},
                    {.non_finite = prefopt::non_finite::skip, .state = &state});
  CHECK(state.count == 98);
  CHECK(std::isfinite(state.mean));
  const matrix<double> nothing(0, 2);
  const bco_state before = state;
  prefopt::evaluate(prefopt::bco(), prefopt::batch<double>{.policy = nothing}, {.state = &state});
  CHECK(state.count == before.count);
  CHECK(state.mean == before.mean);
}

#define REFUSES(text, ...) \
  CHECK_THROWS_WITH_AS(prefopt::evaluate(__VA_ARGS__, single), text, prefopt::invalid_argument)

TEST_CASE("settings outside their range, a missing state and a missing kl are refused") {
  const matrix<double> policy{{-1}};
  const prefopt::batch<double> single{.policy = policy};
  REFUSES("unpaired: desirable_weight is -1, expected a finite value of at least 0",
          prefopt::kto({.desirable_weight = -1}));
  REFUSES("unpaired: undesirable_weight is nan, expected a finite value of at least 0",
          prefopt::apo_zero_unpaired({.undesirable_weight = std::numeric_limits<double>::quiet_NaN()}));
  REFUSES("evaluate: kl is absent, but this objective needs it", prefopt::kto());
  REFUSES("evaluate: options.state is absent, but this objective keeps statistics between batches",
          prefopt::bco());
  REFUSES("strength: beta is 0, expected a finite value above 0", prefopt::bco({.beta = 0}));
}
