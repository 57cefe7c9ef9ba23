#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>
#include <prefopt/strengths/annealed.hpp>
#include <prefopt/strengths/instance_beta.hpp>
#include <prefopt/weights/focal.hpp>
#include <prefopt/weights/normalised.hpp>
#include <prefopt/weights/weighted.hpp>
#include <prefopt/weights/wpo.hpp>

#include "support/error_text.hpp"
#include "support/matrix.hpp"
#include "support/thread_executor.hpp"

/// \file
/// Adaptive strengths and selections through `evaluate`: identities of the specification over 10 000 random rows, masks,
/// extremes and errors.

namespace {

using prefopt::index;
using prefopt::reduction;
using prefopt::strengths::gap_state;
using test::matrix;

constexpr index rows = 10'000;
constexpr double infinity = std::numeric_limits<double>::infinity();

struct outcome {
  prefopt::result result;
  matrix<double> losses, gradient;
};
template <class Objective>
outcome run(const Objective& objective, prefopt::batch<double> batch, prefopt::state_of<Objective> state = {},
            reduction how = reduction::none, prefopt::non_finite broken = prefopt::non_finite::raise) {
  outcome out{
      {}, matrix<double>(batch.policy->rows, 1), matrix<double>(batch.policy->rows, batch.policy->columns)};
  out.result =
      prefopt::evaluate(objective, batch, out.gradient,
                        {.reduction = how, .losses = out.losses, .non_finite = broken, .state = &state});
  return out;
}
bool close(const matrix<double>& x, const matrix<double>& y, double tolerance = 1e-12) {
  for (std::size_t i = 0; i < x.values().size(); ++i)
    if (!(std::abs(x.values()[i] - y.values()[i]) <= tolerance * (1 + std::abs(y.values()[i])))) return false;
  return true;
}
bool same(const outcome& x, const outcome& y, double tolerance = 1e-12) {
  return close(x.losses, y.losses, tolerance) && close(x.gradient, y.gradient, tolerance);
}
bool finite(const outcome& x) {
  for (const matrix<double>* values : {&x.losses, &x.gradient})
    for (const double value : values->values())
      if (!std::isfinite(value)) return false;
  return std::isfinite(x.result.loss);
}

struct scores {
  matrix<double> policy, reference;
  explicit scores(index rejected, index count = rows, double scale = 1)
      : policy(test::random_scores<double>(count, 1 + rejected, scale, 1)),
        reference(test::random_scores<double>(count, 1 + rejected, scale, 2)) {}
  prefopt::batch<double> batch() const { return {.policy = policy, .reference = reference}; }
};

// ---- DynamicPO

TEST_CASE("with_every_negative_on_the_boundary_and_no_scale_dynamicpo_is_its_base") {
  scores x(5);
  for (index b = 0; b < rows; ++b) x.policy(b, 0) = -10;  // everybody violates
  CHECK(same(run(prefopt::dynamicpo({.beta = 0.6, .scale = 0}), x.batch()),
             run(prefopt::dmpo({.beta = 0.6}), x.batch())));
  CHECK(same(run(prefopt::dynamicpo_sdpo({.beta = 0.6, .scale = 0}), x.batch()),
             run(prefopt::s_dpo({.beta = 0.6}), x.batch())));
}

TEST_CASE("one_violating_negative_makes_dynamicpo_dpo_at_the_closed_form's_strength") {
  scores x(1);
  matrix<double> betas(rows, 1);
  for (index b = 0; b < rows; ++b) {
    const double distance = std::abs(x.policy(b, 1) - x.policy(b, 0));
    x.policy(b, 1) = x.policy(b, 0) + distance;
    betas(b) = 0.7 * (1 + 0.5 * std::tanh(-1 - 2 / distance));
  }
  auto with_betas = x.batch();
  with_betas.beta = betas;
  CHECK(same(run(prefopt::dynamicpo({.beta = 0.7}), x.batch()), run(prefopt::dpo(), with_betas)));
}

TEST_CASE("dynamicpo's_gradients_sum_to_0_and_vanish_outside_the_boundary") {
  const scores x(6);
  for (const outcome& out : {run(prefopt::dynamicpo(), x.batch()), run(prefopt::dynamicpo_sdpo(), x.batch()),
                             run(prefopt::dynamicpo_dmpo_v2(), x.batch()),
                             run(prefopt::dynamicpo_sdpo({.epsilon = 1e-3}), x.batch())})
    for (index b = 0; b < rows; ++b) {
      double sum = 0, violations = 0;
      for (index k = 0; k < 7; ++k) sum += out.gradient(b, k);
      for (index k = 1; k < 7; ++k) violations += x.policy(b, k) >= x.policy(b, 0);
      REQUIRE(std::abs(sum) < 1e-14);
      if (violations > 0)
        for (index k = 1; k < 7; ++k)
          REQUIRE((out.gradient(b, k) != 0) == (x.policy(b, k) >= x.policy(b, 0)));
    }
}

TEST_CASE("a_constant_added_to_a_row_of_scores_leaves_dynamicpo_alone") {
  const scores x(6);
  scores shifted = x;
  for (double& p : shifted.policy.values()) p += 2;
  CHECK(same(run(prefopt::dynamicpo(), x.batch()), run(prefopt::dynamicpo(), shifted.batch())));
  CHECK(same(run(prefopt::dynamicpo_sdpo(), x.batch()), run(prefopt::dynamicpo_sdpo(), shifted.batch())));
}

TEST_CASE("dynamicpo_on_mppo_is_its_closed_form") {
  scores x(4);
  for (double& p : x.policy.values()) p = -std::abs(p);
  const auto out = run(prefopt::dynamicpo_mppo({.beta = 2, .scale = 0}), {.policy = x.policy});
  for (index b = 0; b < rows; ++b) {
    double margin = 0, violations = 0;
    for (index k = 1; k < 5; ++k)
      if (x.policy(b, k) >= x.policy(b, 0))
        margin += 2 * (std::exp(x.policy(b, 0)) - std::exp(x.policy(b, k))), ++violations;
    if (violations > 0)
      REQUIRE(out.losses(b) == doctest::Approx(std::log1p(std::exp(-margin))).epsilon(1e-12));
  }
}

TEST_CASE("dynamicpo_stays_finite_at_extreme_scores_ties_and_masks") {
  scores x(4, 1000, 1e4);
  for (index b = 0; b < 1000; ++b) {
    for (index k = 1; k < 5; ++k)
      if ((b + k) % 3 == 0) x.policy(b, k) = -infinity;
    if (b % 10 == 0)
      for (index k = 1; k < 5; ++k)
        x.policy(b, k) = b % 20 == 0 ? -infinity : x.policy(b, 0);  // none, and ties
  }
  for (const outcome& out : {run(prefopt::dynamicpo(), x.batch()), run(prefopt::dynamicpo_sdpo(), x.batch()),
                             run(prefopt::dynamicpo_dmpo_v2(), x.batch())}) {
    CHECK(finite(out));
    for (index b = 0; b < 1000; ++b)
      for (index k = 1; k < 5; ++k)
        if (x.policy(b, k) == -infinity) REQUIRE(out.gradient(b, k) == 0);
    CHECK(out.losses(0) == 0);
  }
  for (double& p : x.policy.values()) p = -std::abs(p);
  CHECK(finite(run(prefopt::dynamicpo_mppo(), {.policy = x.policy})));
}

TEST_CASE("masked_negatives_are_as_if_they_were_not_there_for_dynamicpo") {
  const scores x(3, 1000);
  matrix<double> padded(1000, 6, -infinity), reference(1000, 6);
  for (index b = 0; b < 1000; ++b)
    for (index k = 0; k < 4; ++k)
      padded(b, k == 3 ? 5 : k) = x.policy(b, k), reference(b, k == 3 ? 5 : k) = x.reference(b, k);
  CHECK(close(run(prefopt::dynamicpo(), {.policy = padded, .reference = reference}).losses,
              run(prefopt::dynamicpo(), x.batch()).losses));
  scores probable = x;
  for (matrix<double>* values : {&probable.policy, &padded})
    for (double& p : values->values()) p = -std::abs(p);
  CHECK(close(run(prefopt::dynamicpo_mppo(), {.policy = padded}).losses,
              run(prefopt::dynamicpo_mppo(), {.policy = probable.policy}).losses));
}

// ---- strengths from the batch

TEST_CASE("without_alpha_and_filter_beta_dpo_is_dpo") {
  const scores x(1);
  CHECK(same(run(prefopt::beta_dpo({.beta = 0.3, .alpha = 0, .rho = 0}), x.batch()),
             run(prefopt::dpo({.beta = 0.3}), x.batch())));
}

TEST_CASE("beta_dpo_is_dpo_at_one_strength_over_those_it_keeps") {
  const scores x(1, 400);
  int batches = 0;
  gap_state state;
  for (index first = 0; first < 400; first += 16, ++batches) {
    const prefopt::batch<double> batch{.policy = prefopt::view(x.policy).block(first, 16),
                                       .reference = prefopt::view(x.reference).block(first, 16)};
    const gap_state before = state;
    matrix<double> gradient(16, 2);
    const auto result = prefopt::evaluate(prefopt::beta_dpo(), batch, gradient, {.state = &state});
    const auto fixed = run(prefopt::dpo({result.mean_beta}), batch);
    double kept = 0, loss = 0;
    for (index b = 0; b < 16; ++b) {
      if (gradient(b, 1) == 0) continue;
      ++kept;
      loss += fixed.losses(b);
    }
    CHECK(kept == 12);
    CHECK(result.loss == doctest::Approx(loss / kept).epsilon(1e-12));
    for (index b = 0; b < 16; ++b)
      if (gradient(b, 1) != 0)
        REQUIRE(gradient(b, 1) == doctest::Approx(fixed.gradient(b, 1) / kept).epsilon(1e-12));
    // The same batch from the same state draws the same examples.
    CHECK(run(prefopt::beta_dpo(), batch, before, reduction::mean).gradient == gradient);
  }
  CHECK(state.batches == 25);
}

TEST_CASE("a_copy_of_the_state_leaves_the_original_alone") {
  const scores x(1, 20);
  const gap_state state{.mean = 1, .deviation = 2, .batches = 3};
  run(prefopt::beta_dpo(), x.batch(), state);
  CHECK(state.mean == 1);
}

TEST_CASE("with_unit_hardness_and_equal_gaps_hanorec_is_dpo") {
  scores x(1, 1000);
  for (index b = 0; b < 1000; ++b)
    x.policy(b, 1) = x.policy(b, 0) - x.reference(b, 0) + x.reference(b, 1) - 0.75;
  const matrix<double> ones(1000, 1, 1.0);
  auto batch = x.batch();
  batch.hardness = ones;
  CHECK(same(run(prefopt::hanorec({.beta = 0.2}), batch), run(prefopt::dpo({.beta = 0.2}), x.batch())));
}

TEST_CASE("each_example_takes_its_share_of_hardness_for_strength") {
  const scores x(1, 500);
  matrix<double> hardness(500, 1), betas(500, 1);
  for (index b = 0; b < 500; ++b) hardness(b) = 0.7 + 0.001 * static_cast<double>(b);
  auto batch = x.batch();
  batch.hardness = hardness;
  const auto out = run(prefopt::hanorec(), batch);
  double total = 0;
  for (const double lambda : hardness.values()) total += lambda;
  for (index b = 0; b < 500; ++b) betas(b) = out.result.mean_beta * hardness(b) * 500 / total;
  auto fixed = x.batch();
  fixed.beta = betas;
  CHECK(same(out, run(prefopt::dpo(), fixed)));
}

TEST_CASE("strengths_from_the_batch_compose_with_losses_over_several_negatives") {
  using namespace prefopt;
  const scores x(4, 640);
  const auto adaptive = compose(losses::softmax{}, rewards::implicit{}, strengths::batch_beta{.rho = 0});
  const auto out = run(adaptive, x.batch());
  CHECK(same(out, run(s_dpo({.beta = out.result.mean_beta}), x.batch())));

  const auto each = run(
      compose(losses::softmax{}, rewards::implicit{}, strengths::instance_beta{.momentum = 1}), x.batch());
  matrix<double> betas(640, 1);
  for (index b = 0; b < 640; ++b) {
    double gap = x.policy(b, 0) - x.reference(b, 0);
    for (index k = 1; k < 5; ++k) gap -= (x.policy(b, k) - x.reference(b, k)) / 4;
    betas(b) = std::max(1e-3, 0.1 * (1 + 0.6 * gap));
  }
  auto fixed = x.batch();
  fixed.beta = betas;
  CHECK(same(each, run(s_dpo(), fixed)));

  const auto annealed = compose(losses::softmax{}, rewards::implicit{},
                                strengths::annealed{.start = 1, .end = 0.5, .steps = 4, .step = 2});
  CHECK(same(run(annealed, x.batch()), run(s_dpo({.beta = 0.75}), x.batch())));
}

TEST_CASE("threads_change_nothing") {
  const scores x(5, 20'000);
  matrix<double> alone(20'000, 6), together(20'000, 6);
  prefopt::evaluate(prefopt::dynamicpo(), x.batch(), alone);
  prefopt::evaluate(prefopt::dynamicpo(), x.batch(), together, {.executor = one_thread_each(3)});
  CHECK(alone == together);
  const auto wide = prefopt::compose(prefopt::losses::softmax{}, prefopt::rewards::implicit{},
                                     prefopt::strengths::batch_beta{});
  gap_state first, second;
  prefopt::evaluate(wide, x.batch(), alone, {.state = &first});
  prefopt::evaluate(wide, x.batch(), together, {.executor = one_thread_each(3), .state = &second});
  CHECK(alone == together);
  CHECK(first.mean == second.mean);
}

TEST_CASE("skipped_and_empty_rows_do_not_touch_the_others") {
  scores x(1, 33);
  auto clean = x;
  x.policy(7, 1) = std::numeric_limits<double>::quiet_NaN();
  x.policy(8, 1) = -infinity;
  gap_state state;
  const auto out =
      run(prefopt::beta_dpo({.rho = 0}), x.batch(), state, reduction::sum, prefopt::non_finite::skip);
  CHECK(finite(out));
  CHECK(out.result.skipped == 1);
  CHECK(out.gradient(7, 0) == 0);
  CHECK(out.gradient(8, 0) == 0);
  const auto without = run(prefopt::dpo({out.result.mean_beta}), clean.batch());
  CHECK(out.gradient(6, 0) == doctest::Approx(without.gradient(6, 0) * 33 / 31));
}

TEST_CASE("strengths_from_the_batch_stay_finite_at_extreme_scores") {
  const scores x(1, 1000, 1e4);
  const matrix<double> ones(1000, 1, 1.0);
  auto batch = x.batch();
  CHECK(finite(run(prefopt::beta_dpo(), batch)));
  batch.hardness = ones;
  CHECK(finite(run(prefopt::hanorec(), batch)));
  CHECK(finite(run(prefopt::dama(), batch)));
}

// ---- what the policy has to hold

TEST_CASE("scores_do_where_only_differences_count") {
  using namespace prefopt;
  const auto needs = [](const auto& objective) { return objective.needs_log_probabilities; };
  CHECK_FALSE((needs(dynamicpo()) || needs(dynamicpo_sdpo()) || needs(beta_dpo()) || needs(hanorec()) ||
               needs(dama())));
  CHECK_FALSE(needs(weighted(s_dpo(), weights::focal{})));
  CHECK(needs(dynamicpo_mppo()));
  CHECK(needs(weighted(s_dpo(), weights::wpo{})));
  CHECK(needs(weighted(s_dpo(), weights::normalised{weights::wpo{}})));
  CHECK(needs(weighted(rpo(), weights::focal{})));
}

// ---- errors

TEST_CASE("what_is_missing_is_named") {
  const scores x(1, 4);
  const matrix<double> hardness(4, 1, 1.0), three(3, 1, 1.0), broken(4, 1, infinity);
  matrix<double> gradient(4, 2);
  auto batch = x.batch();
  CHECK(error_text([&] { prefopt::evaluate(prefopt::beta_dpo(), batch, gradient); }) ==
        "evaluate: options.state is absent, but this objective keeps statistics between batches");
  CHECK(error_text([&] { prefopt::evaluate(prefopt::hanorec(), batch, gradient); }) ==
        "evaluate: hardness is absent, but this objective needs it");
  batch.hardness = hardness;
  CHECK(error_text([&] { prefopt::evaluate(prefopt::dpo(), batch, gradient); }) ==
        "evaluate: hardness is given, but this objective does not read it");
  batch.hardness = three;
  CHECK(error_text([&] { prefopt::evaluate(prefopt::hanorec(), batch, gradient); }) ==
        "evaluate: hardness is [3, 1], expected [4]");
  batch.hardness = broken;
  CHECK(error_text([&] { prefopt::evaluate(prefopt::hanorec(), batch, gradient); }) ==
        "evaluate: hardness[0] is inf, expected a finite value");
  batch.hardness = {};
  batch.log_collision = hardness;
  CHECK(error_text([&] { prefopt::evaluate(prefopt::dpo(), batch, gradient); }) ==
        "evaluate: log_collision is given, but this objective does not read it");
}

TEST_CASE("settings_are_checked_by_evaluate") {
  const scores x(3, 4);
  CHECK(error_text([&] { run(prefopt::dynamicpo({.scale = 1}), x.batch()); }) ==
        "dual_margin: scale is 1, expected a value in [0, 1)");
  CHECK(error_text([&] { run(prefopt::dynamicpo_sdpo({.epsilon = -1}), x.batch()); }) ==
        "floored_softmax: epsilon is -1, expected a value in [0, 1)");
}

}  // namespace
