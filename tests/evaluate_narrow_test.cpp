#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/numeric/bfloat16.hpp>
#include <prefopt/numeric/half.hpp>
#include <prefopt/recipes.hpp>

#include "support/matrix.hpp"
#include "support/thread_executor.hpp"

/// \file
/// Scores stored in 16 bits: the loss and the gradient of the same scores as floats, the gradient rounded.

namespace {

using prefopt::bfloat16;
using prefopt::half;
using prefopt::index;
using prefopt::matrix_view;
using test::matrix;

constexpr float infinity = std::numeric_limits<float>::infinity();

/// The same scores twice: as they are stored, and as floats.
template <class Stored>
struct scores {
  std::vector<Stored> stored;
  matrix<float> floats;

  scores(index rows, index columns, std::uint64_t seed)
      : floats(test::random_scores<float>(rows, columns, 2, seed)) {
    for (float& x : floats.values()) x = static_cast<float>(stored.emplace_back(x));
  }
  void set(index b, index k, float value) {
    floats(b, k) = value;
    stored[static_cast<std::size_t>(b * floats.columns() + k)] = Stored(value);
  }
  matrix_view<const Stored> view() const {
    return {stored.data(), floats.rows(), floats.columns(), floats.columns(), 1};
  }
};

template <class Stored>
constexpr float spacing = std::is_same_v<Stored, half> ? 0x1p-10f : 0x1p-7f;

/// Equal but for the rounding to 16 bits, which may fall to either side.
template <class Stored>
void check_gradient(const std::vector<Stored>& narrow, const matrix<float>& exact) {
  constexpr float smallest = std::is_same_v<Stored, half> ? 0x1p-24f : 0x1p-133f;
  for (std::size_t i = 0; i < narrow.size(); ++i) {
    const float expected = exact.values()[i];
    REQUIRE(std::abs(static_cast<float>(narrow[i]) - expected) <=
            0.51f * spacing<Stored> * std::abs(expected) + smallest);
  }
}
void check_result(const prefopt::result& narrow, const prefopt::result& exact) {
  const auto near = [](double x) { return doctest::Approx(x).epsilon(1e-5); };
  CHECK(narrow.loss == near(exact.loss));
  CHECK(narrow.chosen_reward == near(exact.chosen_reward));
  CHECK(narrow.rejected_reward == near(exact.rejected_reward));
  CHECK(narrow.accuracy == near(exact.accuracy));
  CHECK(narrow.margin == near(exact.margin));
  CHECK(narrow.hardest_margin == near(exact.hardest_margin));
  CHECK(narrow.mean_beta == near(exact.mean_beta));
  CHECK(narrow.examples == exact.examples);
  CHECK(narrow.skipped == exact.skipped);
}

/// Evaluates both, and compares. `complete(batch)` adds what else there is.
template <class Stored, class Objective, class Complete, class State = prefopt::no_state>
void check_same(const Objective& objective, const scores<Stored>& policy, const scores<Stored>& reference,
                const Complete& complete, prefopt::options<float, State> options = {}) {
  const index rows = policy.floats.rows(), columns = policy.floats.columns();
  prefopt::batch<Stored> narrow{.policy = policy.view(), .reference = reference.view()};
  prefopt::batch<float> exact{.policy = policy.floats, .reference = reference.floats};
  complete(narrow);
  complete(exact);

  std::vector<Stored> gradient(static_cast<std::size_t>(rows * columns), Stored(0.5f));
  matrix<float> exact_gradient(rows, columns, 0.5f), losses(rows, 1), exact_losses(rows, 1);
  State state{}, exact_state{};
  const auto evaluate = [&](const auto& batch, const auto& to, auto& written_losses, State& kept) {
    options.losses = written_losses;
    if constexpr (!std::is_same_v<State, prefopt::no_state>) options.state = &kept;
    return prefopt::evaluate(objective, batch, to, options);
  };
  const matrix_view<Stored> to{gradient.data(), rows, columns, columns, 1};
  const auto said = evaluate(narrow, to, losses, state);
  const auto expected = evaluate(exact, prefopt::view(exact_gradient), exact_losses, exact_state);
  check_result(said, expected);
  check_gradient(gradient, exact_gradient);
  for (index b = 0; b < rows; ++b) REQUIRE(losses(b) == doctest::Approx(exact_losses(b)).epsilon(1e-5));
}

const auto nothing_more = [](auto&) {};

}  // namespace

TEST_CASE_TEMPLATE("narrow_scores_have_the_loss_and_gradient_of_floats", Stored, bfloat16, half) {
  for (const auto& [rows, columns] : std::vector<std::pair<index, index>>{
           {1, 2}, {3, 2}, {5000, 2}, {300, 16}, {17, 21}, {700, 40}, {2, 700}, {37, 600}, {0, 5}}) {
    CAPTURE(rows);
    CAPTURE(columns);
    const scores<Stored> policy(rows, columns, 1), reference(rows, columns, 2);
    check_same(prefopt::s_dpo({.beta = 0.5}), policy, reference, nothing_more);
  }
}

TEST_CASE_TEMPLATE("narrow_scores_go_with_everything_else_a_batch_has", Stored, bfloat16, half) {
  constexpr index rows = 1003, columns = 12;
  scores<Stored> policy(rows, columns, 1);
  const scores<Stored> reference(rows, columns, 2);
  matrix<float> weights(rows, 1), beta(rows, 1);
  matrix<std::int32_t> counts(rows, 1), order(rows, columns);
  std::mt19937 random(3);
  for (index b = 0; b < rows; ++b) {
    weights(b) = static_cast<float>(random() % 4);
    beta(b) = 0.1f + static_cast<float>(random() % 8);
    counts(b) = static_cast<std::int32_t>(random() % columns);
    std::iota(&order(b, 0), &order(b, 0) + columns, 0);
    std::shuffle(&order(b, 0), &order(b, 0) + columns, random);
  }
  check_same(prefopt::plackett_luce({.beta = 0.7}), policy, reference,
             [&](auto& batch) { batch.order = order; });

  policy.set(1, 3, -infinity);
  policy.set(900, 5, -infinity);
  const auto complete = [&](auto& batch) {
    batch.weights = weights;
    batch.beta = beta;
    batch.counts = counts;
  };
  for (const auto reduction : {prefopt::reduction::mean, prefopt::reduction::weighted_mean,
                               prefopt::reduction::sum, prefopt::reduction::none})
    check_same(prefopt::s_dpo(), policy, reference, complete, {.reduction = reduction});
  check_same(prefopt::s_dpo(), policy, reference, complete, {.diagnostics = true});
}

TEST_CASE("a_narrow_gradient_is_added_to") {
  constexpr index rows = 900, columns = 7;
  const scores<half> policy(rows, columns, 1), reference(rows, columns, 2);
  check_same(prefopt::s_dpo(), policy, reference, nothing_more,
             {.reduction = prefopt::reduction::sum, .accumulate = true});
}

TEST_CASE("an_objective_over_the_whole_batch_sees_all_narrow_scores") {
  constexpr index rows = 2000, columns = 2;
  const scores<bfloat16> policy(rows, columns, 1), reference(rows, columns, 2);
  const auto objective = prefopt::beta_dpo();
  check_same(objective, policy, reference, nothing_more,
             prefopt::options<float, prefopt::state_of<decltype(objective)>>{});
}

TEST_CASE("narrow_scores_may_lie_in_columns_and_their_gradient_on_them") {
  constexpr index rows = 777, columns = 9;
  const scores<bfloat16> policy(rows, columns, 1);
  matrix<float> exact_gradient(rows, columns);
  const auto objective = prefopt::s_dpo();
  const auto expected =
      prefopt::evaluate(objective, {.policy = policy.floats}, prefopt::view(exact_gradient));

  std::vector<bfloat16> turned(policy.stored.size());
  const matrix_view<bfloat16> in_columns{turned.data(), rows, columns, 1, rows};
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < columns; ++k) in_columns(b, k) = policy.view()(b, k);
  check_result(prefopt::evaluate(objective, prefopt::batch<bfloat16>{.policy = in_columns}), expected);
  check_result(prefopt::evaluate(objective, {.policy = in_columns}, in_columns), expected);
  std::vector<bfloat16> gradient;
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < columns; ++k) gradient.push_back(in_columns(b, k));
  check_gradient(gradient, exact_gradient);
}

TEST_CASE("no_executor_changes_a_bit_of_a_narrow_gradient") {
  constexpr index rows = 4001, columns = 16;
  const scores<half> policy(rows, columns, 1);
  const auto run = [&](std::size_t tasks) {
    std::vector<std::uint16_t> bits;
    std::vector<half> gradient(policy.stored.size());
    const matrix_view<half> to{gradient.data(), rows, columns, columns, 1};
    const auto said = prefopt::evaluate(prefopt::s_dpo(), {.policy = policy.view()}, to,
                                        {.executor = one_thread_each(tasks)});
    for (const half x : gradient) bits.push_back(x.bits);
    return std::pair(said.loss, bits);
  };
  const auto alone = run(1);
  CHECK(run(2) == alone);
  CHECK(run(7) == alone);
}

TEST_CASE("what_is_wrong_with_narrow_scores_is_named_by_its_place") {
  constexpr index rows = 3000, columns = 4;
  scores<bfloat16> policy(rows, columns, 1);
  const auto objective = prefopt::s_dpo();
  const auto run = [&](const prefopt::batch<bfloat16>& batch, const prefopt::options<float>& options = {}) {
    std::vector<bfloat16> gradient(policy.stored.size());
    return prefopt::evaluate(objective, batch,
                             matrix_view<bfloat16>{gradient.data(), rows, columns, columns, 1}, options);
  };
#define REFUSES(text, ...) CHECK_THROWS_WITH_AS(__VA_ARGS__, text, prefopt::invalid_argument)
  policy.set(2500, 2, std::numeric_limits<float>::quiet_NaN());
  REFUSES(
      "evaluate: policy[2500, 2] is nan, expected a finite score (or -inf for a rejected item, to mask it)",
      run({.policy = policy.view()}));
  REFUSES(
      "evaluate: scores[2500, 2] is nan, expected a finite score (or -inf for a rejected item, to mask it)",
      run({.scores = policy.view()}));
  std::vector<bfloat16> in_place = policy.stored;
  const matrix_view<bfloat16> both{in_place.data(), rows, columns, columns, 1};
  REFUSES(
      "evaluate: policy[2500, 2] is nan, expected a finite score (or -inf for a rejected item, to mask it)",
      prefopt::evaluate(objective, {.policy = both}, both));

  const auto skipping = run({.policy = policy.view()}, {.non_finite = prefopt::non_finite::skip});
  CHECK(skipping.skipped == 1);
  CHECK(skipping.examples == rows - 1);
  CHECK(std::isnan(run({.policy = policy.view()}, {.non_finite = prefopt::non_finite::propagate}).loss));

  const matrix<float> short_weights(rows - 1, 1);
  REFUSES("evaluate: weights is [2999, 1], expected [3000]",
          run({.policy = policy.view(), .weights = short_weights}));
  prefopt::workspace workspace;
  REFUSES(
      "evaluate: options.workspace is given, but what a batch of narrow numbers needs stays with the calling "
      "thread",
      run({.policy = policy.view()}, {.workspace = &workspace}));
}
