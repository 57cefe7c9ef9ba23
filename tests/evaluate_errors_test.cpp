#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/engine.hpp"

/// \file
/// Every input that `evaluate` refuses, with its text.

namespace {

using prefopt::index;
using test::column;
using test::evaluate;
using test::matrix;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const matrix<double> policy{{1, 0, -1}, {2, 0.5, 1}};
const auto s_dpo = prefopt::s_dpo();

#define REFUSES(text, ...) CHECK_THROWS_WITH_AS(__VA_ARGS__, text, prefopt::invalid_argument)

// ---- shapes

TEST_CASE("an_absent_policy_is_refused") {
  REFUSES("evaluate: policy is absent, expected [B, 1 + K] scores", evaluate<double>(s_dpo, {}));
}

TEST_CASE("a_pairwise_objective_refuses_another_number_of_columns") {
  REFUSES(
      "evaluate: policy is [2, 3], expected [B, 2]: this objective compares the preferred item with one "
      "rejected item",
      evaluate<double>(prefopt::dpo(), {.policy = policy}));
  REFUSES(
      "evaluate: policy is [2, 3], expected [B, 2]: this objective compares the preferred item with one "
      "rejected item",
      evaluate<double>(prefopt::rpo(), {.policy = policy}));
}

TEST_CASE("an_objective_that_compares_refuses_a_policy_without_rejected_items") {
  const matrix<double> preferred_only(2, 1);
  REFUSES(
      "evaluate: policy is [2, 1], expected [B, 1 + K] with K >= 1: column 0 is the preferred item, the "
      "others are "
      "rejected",
      evaluate<double>(s_dpo, {.policy = preferred_only}));
}

TEST_CASE("tensors_of_another_shape_than_policy_are_refused_with_both_shapes") {
  const matrix<double> narrow(2, 2), tall(3, 3);
  const matrix<std::int32_t> order(2, 2);
  matrix<double> gradient(3, 2);
  REFUSES("evaluate: gradient is [3, 2], expected [2, 3] (the shape of policy)",
          evaluate<double>(s_dpo, {.policy = policy}, gradient));
  REFUSES("evaluate: reference is [2, 2], expected [2, 3] (the shape of policy)",
          evaluate<double>(s_dpo, {.policy = policy, .reference = narrow}));
  REFUSES("evaluate: reference is [3, 3], expected [2, 3] (the shape of policy)",
          evaluate<double>(s_dpo, {.policy = policy, .reference = tall}));
  REFUSES("evaluate: order is [2, 2], expected [2, 3] (the shape of policy)",
          evaluate<double>(prefopt::plackett_luce(), {.policy = policy, .order = order}));
  REFUSES("evaluate: log_q is [2, 2], expected [2, 3] (the shape of policy)",
          evaluate<double>(prefopt::softmax(), {.policy = policy, .log_q = narrow}));
}

TEST_CASE("per_example_inputs_of_another_length_are_refused") {
  const auto three = column<double>({1, 1, 1});
  const auto three_counts = column<std::int32_t>({1, 1, 1});
  matrix<double> losses(3, 1), square(2, 2);
  REFUSES("evaluate: weights is [3, 1], expected [2]",
          evaluate<double>(s_dpo, {.policy = policy, .weights = three}));
  REFUSES("evaluate: weights is [2, 2], expected [2]",
          evaluate<double>(s_dpo, {.policy = policy, .weights = square}));
  REFUSES("evaluate: beta is [3, 1], expected [2]",
          evaluate<double>(s_dpo, {.policy = policy, .beta = three}));
  REFUSES("evaluate: counts is [3, 1], expected [2]",
          evaluate<double>(s_dpo, {.policy = policy, .counts = three_counts}));
  REFUSES("evaluate: losses is [3, 1], expected [2]",
          evaluate<double>(s_dpo, {.policy = policy}, {}, {.losses = losses}));
}

// ---- inputs that the objective does not read

TEST_CASE("an_input_that_nobody_reads_is_refused") {
  const matrix<std::int32_t> order{{0, 1, 2}, {0, 1, 2}};
  const auto two = column<double>({1, 1});
  REFUSES("evaluate: order is given, but this objective does not read it",
          evaluate<double>(s_dpo, {.policy = policy, .order = order}));
  REFUSES("evaluate: relevance is given, but this objective does not read it",
          evaluate<double>(s_dpo, {.policy = policy, .relevance = policy}));
  REFUSES("evaluate: lengths is given, but this objective does not read it",
          evaluate<double>(s_dpo, {.policy = policy, .lengths = policy}));
  REFUSES("evaluate: log_q is given, but this objective does not read it",
          evaluate<double>(s_dpo, {.policy = policy, .log_q = policy}));
  REFUSES("evaluate: kl is given, but this objective does not read it",
          evaluate<double>(s_dpo, {.policy = policy, .kl = two}));
  REFUSES("evaluate: beta is given, but this objective does not read it",
          evaluate<double>(prefopt::nll(), {.policy = policy, .beta = two}));
}

TEST_CASE("a_reference_is_ignored_by_objectives_over_scores") {
  const auto loss = evaluate<double>(prefopt::bpr(), {.policy = policy}).loss;
  const matrix<double> reference(2, 3, 5);
  CHECK(evaluate<double>(prefopt::bpr(), {.policy = policy, .reference = reference}).loss == loss);
}

// ---- values

TEST_CASE("a_strength_that_is_not_above_0_is_refused") {
  for (const auto& [beta, text] : {std::pair{0.0, "0"}, {-1.5, "-1.5"}, {nan, "nan"}, {infinity, "inf"}}) {
    const std::string of_recipe =
        std::string("strength: beta is ") + text + ", expected a finite value above 0";
    REFUSES(of_recipe.c_str(), evaluate<double>(prefopt::s_dpo({.beta = beta}), {.policy = policy}));
    const std::string of_batch =
        std::string("evaluate: beta[1] is ") + text + ", expected a finite value above 0";
    const auto betas = column<double>({1, beta});
    REFUSES(of_batch.c_str(), evaluate<double>(s_dpo, {.policy = policy, .beta = betas}));
  }
}

TEST_CASE("a_weight_below_0_is_refused") {
  for (const auto& [weight, text] : {std::pair{-0.5, "-0.5"}, {nan, "nan"}, {infinity, "inf"}}) {
    const std::string message =
        std::string("evaluate: weights[1] is ") + text + ", expected a finite value of at least 0";
    const auto weights = column<double>({1, weight});
    REFUSES(message.c_str(), evaluate<double>(s_dpo, {.policy = policy, .weights = weights}));
  }
}

TEST_CASE("a_weighted_mean_over_weights_of_0_is_refused") {
  const auto zeros = column<double>({0, 0});
  REFUSES("evaluate: weights sum to 0, expected a positive sum for a weighted mean",
          evaluate<double>(s_dpo, {.policy = policy, .weights = zeros}, {},
                           {.reduction = prefopt::reduction::weighted_mean}));
  CHECK(evaluate<double>(s_dpo, {.policy = policy, .weights = zeros}).loss == 0);
}

TEST_CASE("a_count_outside_0_to_k_is_refused") {
  const auto above = column<std::int32_t>({3, 1}), below = column<std::int32_t>({2, -1});
  REFUSES("evaluate: counts[0] is 3, expected a value in [0, 2]",
          evaluate<double>(s_dpo, {.policy = policy, .counts = above}));
  REFUSES("evaluate: counts[1] is -1, expected a value in [0, 2]",
          evaluate<double>(s_dpo, {.policy = policy, .counts = below}));
}

TEST_CASE("an_order_that_is_no_permutation_is_refused") {
  const auto objective = prefopt::plackett_luce();
  const matrix<std::int32_t> twice{{0, 1, 2}, {2, 1, 2}}, beyond{{0, 3, 1}, {0, 1, 2}},
      negative{{0, 1, 2}, {0, -1, 2}};
  REFUSES("evaluate: order[1, 2] is 2, which this row already has",
          evaluate<double>(objective, {.policy = policy, .order = twice}));
  REFUSES("evaluate: order[0, 1] is 3, expected a column in [0, 3)",
          evaluate<double>(objective, {.policy = policy, .order = beyond}));
  REFUSES("evaluate: order[1, 1] is -1, expected a column in [0, 3)",
          evaluate<double>(objective, {.policy = policy, .order = negative}));
}

/// Two rows, the columns forwards and backwards; `stride` from a column to the next.
struct orders {
  index columns, stride;
  std::vector<std::int32_t> numbers =
      std::vector<std::int32_t>(static_cast<std::size_t>(2 * columns * stride), -7);

  orders(index columns, index stride) : columns(columns), stride(stride) {
    for (index k = 0; k < columns; ++k) at(0, k) = at(1, columns - 1 - k) = static_cast<std::int32_t>(k);
  }
  std::int32_t& at(index b, index k) { return numbers[static_cast<std::size_t>((b * columns + k) * stride)]; }
  prefopt::matrix_view<const std::int32_t> view() const {
    return {numbers.data(), 2, columns, columns * stride, stride};
  }
};

TEST_CASE("an_order_of_any_length_is_checked_at_every_place") {
  const auto objective = prefopt::plackett_luce();
  for (const index columns : {2, 3, 7, 15, 16, 17, 31, 32, 33, 47, 50, 63, 64, 65, 130})
    for (const index stride : {1, 2}) {
      CAPTURE(columns);
      CAPTURE(stride);
      const matrix<double> zeros(2, columns);
      orders order(columns, stride);
      const auto run = [&] { evaluate<double>(objective, {.policy = zeros, .order = order.view()}); };
      CHECK_NOTHROW(run());
      for (index k = 0; k < columns; ++k) {
        CAPTURE(k);
        const auto refuses = [&](std::int32_t wrong) {
          const std::int32_t right = std::exchange(order.at(1, k), wrong);
          CHECK_THROWS_AS(run(), prefopt::invalid_argument);
          order.at(1, k) = right;
        };
        refuses(order.at(1, k == 0 ? 1 : k - 1));
        for (const std::int32_t outside :
             {-1, static_cast<std::int32_t>(columns), 64 + order.at(1, k), 1 << 30})
          if (outside != order.at(1, k)) refuses(outside);
      }
    }
}

// ---- scores

/// `policy` with another number at [b, k].
matrix<double> with(index b, index k, double value) {
  auto scores = policy;
  scores(b, k) = value;
  return scores;
}

TEST_CASE("a_score_that_is_not_finite_is_refused_with_its_place") {
  const auto is_nan = with(1, 2, nan), is_infinite = with(0, 1, infinity),
             masks_preferred = with(1, 0, -infinity);
  REFUSES("evaluate: policy[1, 2] is nan, expected a finite score (or -inf for a rejected item, to mask it)",
          evaluate<double>(s_dpo, {.policy = is_nan}));
  REFUSES("evaluate: policy[0, 1] is inf, expected a finite score (or -inf for a rejected item, to mask it)",
          evaluate<double>(s_dpo, {.policy = is_infinite}));
  REFUSES("evaluate: policy[1, 0] is -inf, expected a finite score (or -inf for a rejected item, to mask it)",
          evaluate<double>(s_dpo, {.policy = masks_preferred}));
  const auto masked_reference = with(1, 1, -infinity), impossible = with(0, 2, -infinity);
  REFUSES("evaluate: reference[1, 1] is -inf, expected a finite value",
          evaluate<double>(s_dpo, {.policy = policy, .reference = masked_reference}));
  REFUSES("evaluate: log_q[0, 2] is -inf, expected a finite value",
          evaluate<double>(prefopt::softmax(), {.policy = policy, .log_q = impossible}));
}

TEST_CASE("the_place_of_a_bad_score_is_that_in_the_tensor_not_in_the_order") {
  const auto scores = with(1, 2, nan);
  const matrix<std::int32_t> order{{0, 1, 2}, {2, 0, 1}};
  REFUSES("evaluate: policy[1, 2] is nan, expected a finite score (or -inf for a rejected item, to mask it)",
          evaluate<double>(prefopt::plackett_luce(), {.policy = scores, .order = order}));
}

TEST_CASE("of_several_bad_scores_the_first_row_is_named") {
  auto scores = test::random_scores<double>(1000, 3, 1, 1);
  for (const index b : {999, 700, 301, 300}) scores(b, 1) = nan;
  REFUSES(
      "evaluate: policy[300, 1] is nan, expected a finite score (or -inf for a rejected item, to mask it)",
      evaluate<double>(s_dpo, {.policy = scores}));
}

// ---- settings

TEST_CASE("settings_outside_their_range_are_refused") {
  const matrix<double> pair{{1, 0}};
  REFUSES("logistic: label_smoothing is 0.5, expected a value in [0, 0.5)",
          evaluate<double>(prefopt::cdpo({.label_smoothing = 0.5}), {.policy = pair}));
  REFUSES("logistic: label_smoothing is nan, expected a value in [0, 0.5)",
          evaluate<double>(prefopt::cdpo({.label_smoothing = nan}), {.policy = pair}));
  REFUSES("robust_logistic: label_smoothing is -0.1, expected a value in [0, 0.5)",
          evaluate<double>(prefopt::robust_dpo({.label_smoothing = -0.1}), {.policy = pair}));
  REFUSES("gbce: num_items is 0, expected at least 2", evaluate<double>(prefopt::gbce({}), {.policy = pair}));
  REFUSES("gbce: t is 1.5, expected a value in [0, 1]",
          evaluate<double>(prefopt::gbce({.num_items = 10, .t = 1.5}), {.policy = pair}));
  REFUSES("softmax: temperature is 0, expected a finite value above 0",
          evaluate<double>(prefopt::softmax({.temperature = 0}), {.policy = pair}));
  REFUSES("softmax: temperature is inf, expected a finite value above 0",
          evaluate<double>(prefopt::softmax({.temperature = infinity}), {.policy = pair}));
  REFUSES("plackett_luce: top_m is 0, expected at least 1",
          evaluate<double>(prefopt::plackett_luce_topm({.top_m = 0}), {.policy = pair}));
  REFUSES("objective: weight is nan, expected a finite value",
          evaluate<double>(prefopt::rpo({.nll_weight = nan}), {.policy = pair}));
  REFUSES("strength: beta is -1, expected a finite value above 0",
          evaluate<double>(prefopt::rpo({.beta = -1}), {.policy = pair}));
}

TEST_CASE("nothing_is_written_when_an_argument_is_refused") {
  matrix<double> gradient(2, 3, 99), losses(2, 1, 99);
  const auto weights = column<double>({1, -1});
  CHECK_THROWS_AS(
      evaluate<double>(s_dpo, {.policy = policy, .weights = weights}, gradient, {.losses = losses}),
      prefopt::invalid_argument);
  CHECK(gradient == matrix<double>(2, 3, 99));
  CHECK(losses == matrix<double>(2, 1, 99));
}

TEST_CASE("a_refused_call_does_not_disturb_the_next_one") {
  const auto loss = evaluate<double>(s_dpo, {.policy = policy}).loss;
  const auto broken = with(0, 0, nan);
  CHECK_THROWS_AS(evaluate<double>(s_dpo, {.policy = broken}), prefopt::invalid_argument);
  CHECK(evaluate<double>(s_dpo, {.policy = policy}).loss == loss);
}

}  // namespace
