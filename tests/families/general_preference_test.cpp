#include <prefopt/mean_preferences.hpp>

#include "family.hpp"

// General preferences, regressions on them, and ties.

using families::close;
using families::every;
using families::examples;
using families::outcome;
using families::rows;
using families::run;
using families::same;
using prefopt::index;
using prefopt::tie_model;
using test::matrix;

namespace {

template <class Objective>
void stands_everything(const Objective& objective, index columns) {
  families::check_gradients(objective, columns);
  families::check_extremes(objective, columns);
  families::check_float(objective, columns);
}

/// The grades of the pair if item `winner` has won: 0, 1, or neither.
matrix<double> outcomes(int winner) {
  matrix<double> grades(rows, 2, 2);
  for (index b = 0; b < rows; ++b)
    if (winner >= 0) grades(b, winner) = 3;
  return grades;
}
outcome with_winner(const auto& objective, const matrix<double>& scores, int winner) {
  const matrix<double> grades = outcomes(winner);
  return run(objective, {.scores = scores, .relevance = grades});
}

template <class Objective>
void probabilities_sum_to_1(const Objective& objective) {
  const examples<double> x(rows, 2);
  const outcome first = with_winner(objective, x.policy, 0), second = with_winner(objective, x.policy, 1),
                tie = with_winner(objective, x.policy, -1);
  CHECK(every([&](index b) {
    const double p[] = {std::exp(-first.losses(b)), std::exp(-second.losses(b)), std::exp(-tie.losses(b))};
    const double slope =
        p[0] * first.gradient(b, 0) + p[1] * second.gradient(b, 0) + p[2] * tie.gradient(b, 0);
    return close(p[0] + p[1] + p[2], 1) && std::abs(slope) < 1e-12;
  }));
}

template <class Objective>
void turns_with_the_pair(const Objective& objective) {
  const examples<double> x(rows, 2);
  matrix<double> swapped(rows, 2);
  for (index b = 0; b < rows; ++b) swapped(b, 0) = x.policy(b, 1), swapped(b, 1) = x.policy(b, 0);
  for (const auto& [winner, loser] : {std::pair{0, 1}, {1, 0}, {-1, -1}}) {
    const outcome out = with_winner(objective, x.policy, winner),
                  turned = with_winner(objective, swapped, loser);
    CHECK(families::difference(out.losses, turned.losses) < 1e-14);
    CHECK(every([&](index b) { return close(out.gradient(b, 0), turned.gradient(b, 1), 1e-14); }));
  }
}

}  // namespace

TEST_CASE("gpm stands gradient checks and float, for vectors of 2 and of 6 components") {
  families::check_gradients(prefopt::gpm({.components = 2, .tau = 1, .margin = 0.2}), 4);
  families::check_gradients(prefopt::gpm({.components = 6, .tau = 1, .margin = 0.2}), 12);
  families::check_extremes(prefopt::gpm({.components = 2}), 4);
  families::check_float(prefopt::gpm({.components = 2, .tau = 10}), 4);
}
TEST_CASE("gpo and sppo stand gradient checks, scores of 1e4 and float") {
  stands_everything(prefopt::gpo({.beta = 0.7, .log_z = 0.2}), 2);
  stands_everything(prefopt::gpo({.beta = 0.7, .log_z = 0.2}), 5);
  stands_everything(prefopt::sppo({.beta = 0.7}), 3);
}
TEST_CASE("bt_ties stands gradient checks, scores of 1e4, float and masks under both models") {
  stands_everything(prefopt::bt_ties({.theta = 1.5}), 2);
  stands_everything(prefopt::bt_ties<tie_model::davidson>({.nu = 0.5}), 2);
  families::check_masked_pairs(prefopt::bt_ties());
  families::check_masked_pairs(prefopt::bt_ties<tie_model::davidson>());
}
TEST_CASE("bt_wide_ties stands gradient checks, scores of 1e4, float and masks") {
  const auto wide =
      prefopt::bt_wide_ties({.margin = 0.7, .label_smoothing = 0.1, .win_weight = 2, .tie_weight = 0.5});
  stands_everything(wide, 2);
  families::check_masked_pairs(wide);
}

TEST_CASE("models of ties are translation-invariant, regressions are not") {
  CHECK(families::is_translation_invariant(prefopt::bt_ties(), 2));
  CHECK(families::is_translation_invariant(prefopt::bt_ties<tie_model::davidson>(), 2));
  CHECK(families::is_translation_invariant(prefopt::bt_wide_ties(), 2));
  CHECK_FALSE(families::is_translation_invariant(prefopt::gpo({.beta = 1}), 2));
}

// ---- gpm

TEST_CASE("gpm over vectors (r, 1) is bradley and terry") {
  const examples<double> x(rows, 2);
  matrix<double> vectors(rows, 4, 1);
  for (index b = 0; b < rows; ++b) vectors(b, 0) = x.policy(b, 0), vectors(b, 2) = x.policy(b, 1);
  const outcome gpm = run(prefopt::gpm({.tau = 0.5}), {.policy = vectors}),
                dpo = run(prefopt::dpo({.beta = 2}), {.policy = x.policy});
  CHECK(families::difference(gpm.losses, dpo.losses) < 1e-13);
  CHECK(every([&](index b) {
    return close(gpm.gradient(b, 0), dpo.gradient(b, 0), 1e-13) &&
           close(gpm.gradient(b, 2), dpo.gradient(b, 1), 1e-13);
  }));
}

TEST_CASE(
    "gpm's score is skew-symmetric: swapping the pair turns the loss by it, and equals know no preference") {
  const auto vectors = test::random_scores<double>(rows, 12, 1, 3);
  matrix<double> swapped(rows, 12), equal(rows, 12);
  for (index b = 0; b < rows; ++b)
    for (index j = 0; j < 6; ++j) {
      swapped(b, j) = vectors(b, 6 + j), swapped(b, 6 + j) = vectors(b, j);
      equal(b, j) = equal(b, 6 + j) = vectors(b, j);
    }
  const auto gpm = prefopt::gpm({.components = 6, .tau = 0.5});
  const outcome out = run(gpm, {.policy = vectors}), opposite = run(gpm, {.policy = swapped}),
                same_vectors = run(gpm, {.policy = equal});
  CHECK(every([&](index b) {
    double score = 0;
    for (index j = 0; j < 6; j += 2)
      score += vectors(b, j) * vectors(b, 7 + j) - vectors(b, j + 1) * vectors(b, 6 + j);
    return close(out.losses(b) - opposite.losses(b), -score / 0.5) &&
           close(same_vectors.losses(b), std::log(2.0));
  }));
}

TEST_CASE("gpm does not see a rotation of all vectors in a plane") {
  const auto vectors = test::random_scores<double>(rows, 4, 1, 3);
  matrix<double> turned(rows, 4);
  for (index b = 0; b < rows; ++b) {
    const double c = std::cos(0.1 * static_cast<double>(b)), s = std::sin(0.1 * static_cast<double>(b));
    for (const index j : {0, 2}) {
      turned(b, j) = c * vectors(b, j) - s * vectors(b, j + 1);
      turned(b, j + 1) = s * vectors(b, j) + c * vectors(b, j + 1);
    }
  }
  const auto gpm = prefopt::gpm({.tau = 1});
  CHECK(families::difference(run(gpm, {.policy = vectors}).losses, run(gpm, {.policy = turned}).losses) <
        1e-12);
}

TEST_CASE("gpm learns preferences that go in a circle") {
  const double third = std::acos(-0.5);
  const auto vector = [&](int i) { return std::array{std::cos(third * i), std::sin(third * i)}; };
  matrix<double> duels(3, 4);
  for (int i = 0; i < 3; ++i) {  // 1 beats 0, 2 beats 1, 0 beats 2 … with v ahead of w if it lies behind it
    const auto winner = vector(i), loser = vector(i + 1);
    for (index j = 0; j < 2; ++j) {
      duels(i, j) = winner[static_cast<std::size_t>(j)];
      duels(i, 2 + j) = loser[static_cast<std::size_t>(j)];
    }
  }
  const auto result = prefopt::evaluate(prefopt::gpm(), prefopt::batch<double>{.policy = duels});
  CHECK(result.accuracy == 1);
}

// ---- regressions

TEST_CASE("gpo's gradient sums to 0 where the policy is the reference and preferences add up to 0") {
  const auto scores = test::random_scores<double>(rows, 5, 1, 3);
  matrix<double> preferences = scores;
  for (index b = 0; b < rows; ++b) {
    double mean = 0;
    for (index k = 0; k < 5; ++k) mean += scores(b, k) / 5;
    for (index k = 0; k < 5; ++k) preferences(b, k) -= mean;
  }
  const outcome out =
      run(prefopt::gpo({.beta = 0.5}), {.policy = scores, .reference = scores, .relevance = preferences});
  CHECK(every([&](index b) {
    double sum = 0;
    for (index k = 0; k < 5; ++k) sum += out.gradient(b, k);
    return std::abs(sum) < 1e-13;
  }));
}

TEST_CASE("mean preferences are the means of gpm's log-odds, and sum to 0") {
  const auto vectors = test::random_scores<double>(rows, 12, 1, 3);  // three answers of four components
  matrix<double> preferences(rows, 3), pairs(rows, 8);
  prefopt::mean_preferences(vectors, 4, 0.5, preferences);
  matrix<double> expected(rows, 3);
  for (const index i : {0, 1, 2})
    for (const index k : {0, 1, 2}) {
      for (index b = 0; b < rows; ++b)
        for (index j = 0; j < 4; ++j) {
          pairs(b, j) = vectors(b, 4 * i + j);
          pairs(b, 4 + j) = vectors(b, 4 * k + j);
        }
      const outcome out = run(prefopt::gpm({.components = 4, .tau = 0.5}), {.policy = pairs});
      for (index b = 0; b < rows; ++b)  // the log-odds of e^−loss
        expected(b, i) -= (out.losses(b) + std::log(-std::expm1(-out.losses(b)))) / 3;
    }
  CHECK(families::difference(preferences, expected) < 1e-9);
  CHECK(every([&](index b) { return close(preferences(b, 0) + preferences(b, 1), -preferences(b, 2)); }));
}

TEST_CASE("gpo is least at the log-ratios it asks for, and sppo with a sure winner is half of sppo_hard") {
  const examples<double> x(rows, 2);
  matrix<double> targets = x.relevance, policy = x.reference, wins(rows, 2);
  for (index b = 0; b < rows; ++b) {
    wins(b, 0) = 1;
    for (index k = 0; k < 2; ++k) policy(b, k) += (targets(b, k) - 0.25) / 0.5;
  }
  const outcome best = run(prefopt::gpo({.beta = 0.5, .log_z = 0.25}),
                           {.policy = policy, .reference = x.reference, .relevance = targets});
  CHECK(every([&](index b) { return best.losses(b) < 1e-24 && std::abs(best.gradient(b, 0)) < 1e-12; }));
  const outcome soft = run(prefopt::sppo({.beta = 0.5}),
                           {.policy = x.policy, .reference = x.reference, .relevance = wins}),
                hard = run(prefopt::sppo_hard({.beta = 0.5}), {.policy = x.policy, .reference = x.reference});
  CHECK(every([&](index b) {
    return close(soft.losses(b), hard.losses(b) / 2) && close(soft.gradient(b, 0), hard.gradient(b, 0) / 2) &&
           close(soft.gradient(b, 1), hard.gradient(b, 1) / 2);
  }));
}

// ---- ties

TEST_CASE("the probabilities of win, loss and tie sum to 1") {
  probabilities_sum_to_1(prefopt::bt_ties({.theta = 1.5}));
  probabilities_sum_to_1(prefopt::bt_ties({.theta = 40}));
  probabilities_sum_to_1(prefopt::bt_ties<tie_model::davidson>({.nu = 0.1}));
  probabilities_sum_to_1(prefopt::bt_ties<tie_model::davidson>({.nu = 20}));
}

TEST_CASE("swapping the items and the outcome changes nothing") {
  turns_with_the_pair(prefopt::bt_ties());
  turns_with_the_pair(prefopt::bt_ties<tie_model::davidson>());
  turns_with_the_pair(prefopt::bt_wide_ties({.margin = 0.5, .label_smoothing = 0.1}));
}

TEST_CASE("without ties both models are bradley and terry, in which a tie is impossible") {
  const examples<double> x(rows, 2);
  const outcome bpr = run(prefopt::bpr(), {.scores = x.policy});
  CHECK(same(with_winner(prefopt::bt_ties({.theta = 1}), x.policy, 0), bpr, 1e-14));
  CHECK(same(with_winner(prefopt::bt_ties<tie_model::davidson>({.nu = 0}), x.policy, 0), bpr, 1e-13));
  const matrix<double> pair{{-1, -2}}, tied{{1, 1}};
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(run(prefopt::bt_ties({.theta = 1}), {.scores = pair, .relevance = tied}).losses(0) == infinity);
  CHECK(
      run(prefopt::bt_ties<tie_model::davidson>({.nu = 0}), {.scores = pair, .relevance = tied}).losses(0) ==
      infinity);
}

TEST_CASE("wide ties are rao and kupper up to the constant of a tie") {
  const examples<double> x(rows, 2);
  const double margin = 0.8;
  const auto wide = prefopt::bt_wide_ties({.margin = margin});
  const auto rao_kupper = prefopt::bt_ties({.theta = std::exp(margin)});
  for (const int winner : {0, 1, -1}) {
    const outcome one = with_winner(wide, x.policy, winner),
                  other = with_winner(rao_kupper, x.policy, winner);
    CHECK(families::difference(one.gradient, other.gradient) < 1e-14);
    const double constant = winner < 0 ? std::log(std::expm1(2 * margin)) : 0;
    CHECK(every([&](index b) { return close(one.losses(b), other.losses(b) + constant); }));
  }
}

TEST_CASE("dpo with ties is a composition away") {
  const examples<double> x(rows, 2);
  const auto ties = prefopt::compose(prefopt::losses::rao_kupper{1}, prefopt::rewards::implicit{},
                                     prefopt::strengths::fixed{0.3});
  const matrix<double> won = outcomes(0);
  CHECK(same(run(ties, {.policy = x.policy, .reference = x.reference, .relevance = won}),
             run(prefopt::dpo({.beta = 0.3}), {.policy = x.policy, .reference = x.reference}), 1e-14));
}

#define REFUSES(text, ...) \
  CHECK_THROWS_WITH_AS(prefopt::evaluate(__VA_ARGS__, pair), text, prefopt::invalid_argument)

TEST_CASE("mean preferences refuse what makes no sense") {
  const matrix<float> vectors(2, 12);
  matrix<float> preferences(2, 3), four(2, 4);
  const auto refuses = [&](const char* text, index components, double tau, matrix<float>& out) {
    CHECK_THROWS_WITH_AS(prefopt::mean_preferences(vectors, components, tau, out), text,
                         prefopt::invalid_argument);
  };
  refuses("mean_preferences: components is 3, expected an even number of at least 2", 3, 1, four);
  refuses("mean_preferences: tau is 0, expected a finite value above 0", 4, 0, preferences);
  refuses("mean_preferences: vectors is [2, 12], expected [2, 16]", 4, 1, four);
}

TEST_CASE("settings outside their range and missing labels are refused") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const matrix<double> policy{{-1, -2, -3, -4}};
  const prefopt::batch<double> pair{.policy = policy};
  REFUSES("gpm: components is 3, expected an even number of at least 2", prefopt::gpm({.components = 3}));
  REFUSES("gpm: components is 0, expected an even number of at least 2", prefopt::gpm({.components = 0}));
  REFUSES("evaluate: policy has 4 columns, expected a multiple of the objective's 6 components",
          prefopt::gpm({.components = 6}));
  REFUSES("factor: value is -1, expected a finite value above 0", prefopt::gpm({.tau = -1}));
  REFUSES("regression: offset is nan, expected a finite value", prefopt::gpo({.log_z = nan}));
  REFUSES("evaluate: relevance is absent, but this objective needs it", prefopt::gpo());
  REFUSES("rao_kupper: theta is 0.5, expected a finite value of at least 1",
          prefopt::bt_ties({.theta = 0.5}));
  REFUSES("davidson: nu is -1, expected a finite value of at least 0",
          prefopt::bt_ties<tie_model::davidson>({.nu = -1}));
  REFUSES("wide_ties: margin is nan, expected a finite value", prefopt::bt_wide_ties({.margin = nan}));
  REFUSES("wide_ties: label_smoothing is 0.5, expected a value in [0, 0.5)",
          prefopt::bt_wide_ties({.label_smoothing = 0.5}));
  REFUSES("wide_ties: win_weight is -1, expected a finite value of at least 0",
          prefopt::bt_wide_ties({.win_weight = -1}));
  REFUSES("wide_ties: tie_weight is nan, expected a finite value of at least 0",
          prefopt::bt_wide_ties({.tie_weight = nan}));
}
