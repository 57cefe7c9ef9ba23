#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <prefopt/recipes.hpp>
#include <prefopt/testing/gradient_check.hpp>

#include "../support/random_batch.hpp"

// The checker is held to what it promises: it accepts every recipe, and catches every wrong gradient.

namespace {

using prefopt::as_matrix;

using prefopt::with_gradient;
using prefopt::testing::check_gradient;
using support::random_scores;

constexpr prefopt::index rows = 7;

template <class Objective>
void accepts(const Objective& objective, prefopt::index columns) {
  for (const std::uint32_t seed : {1u, 2u, 3u}) {
    const auto policy = random_scores(rows, columns, seed),
               reference = random_scores(rows, columns, seed + 100);
    const auto report = check_gradient(objective, {.policy = as_matrix(policy, rows, columns),
                                                   .reference = as_matrix(reference, rows, columns)});
    CHECK_MESSAGE(report.passed(), report.message());
  }
}

/// Softmax's value with a gradient that is wrong in one chosen way.
template <class Spoil>
struct spoiled_softmax {
  Spoil spoil;

  static constexpr prefopt::losses::loss_traits traits{.translation_invariant = true};

  auto operator()(auto row) const {
    const auto right = prefopt::losses::softmax{}(row);
    return with_gradient{right.value, [=, spoil = spoil] { return spoil(row, right.gradient()); }};
  }
};
template <class Spoil>
auto spoiled(Spoil spoil) {
  return prefopt::compose(spoiled_softmax<Spoil>{spoil}, prefopt::rewards::implicit{});
}

/// A user's loss that brings no gradient of its own: the hardest rejected item must stay behind the preferred
/// one.
struct hardest_logistic {
  static constexpr prefopt::losses::loss_traits traits{.translation_invariant = true};

  auto operator()(auto row) const {
    const auto r = row.rewards();
    return softplus(row.max(r, row.rejected()) - row.preferred(r));
  }
};

/// A user's reward without a chain rule: probabilities.
struct probability {
  auto value(auto row) const { return exp(row.policy()); }
};

}  // namespace

TEST_CASE("every pairwise recipe has the gradient that duals and central differences give") {
  accepts(prefopt::dpo({0.5}), 2);
  accepts(prefopt::cdpo({0.5, 0.1}), 2);
  accepts(prefopt::robust_dpo({0.5, 0.2}), 2);
  accepts(prefopt::ipo({0.3}), 2);
  accepts(prefopt::hinge({0.3}), 2);
  accepts(prefopt::rpo({0.5, 2, 0.25}), 2);
}

TEST_CASE(
    "every recipe over several rejected items has the gradient that duals and central differences give") {
  for (const prefopt::index columns : {2, 5, 16}) {
    accepts(prefopt::s_dpo({0.7}), columns);
    accepts(prefopt::dpo_k({0.7}), columns);
    accepts(prefopt::dmpo({0.7}), columns);
    accepts(prefopt::bpr(), columns);
    accepts(prefopt::softmax({0.5}), columns);
    accepts(prefopt::bce(), columns);
    accepts(prefopt::gbce({.num_items = 40}), columns);
    accepts(prefopt::plackett_luce({0.7}), columns);
    accepts(prefopt::plackett_luce_topm({0.7, 3}), columns);
  }
}

TEST_CASE("order, masks, counts, weights, strengths and logQ all pass through the check") {
  constexpr prefopt::index columns = 4;
  auto policy = random_scores(3, columns, 5);
  policy[6] = -std::numeric_limits<double>::infinity();
  const auto reference = random_scores(3, columns, 6), log_q = random_scores(3, columns, 7);
  const std::vector<std::int32_t> order{2, 0, 3, 1, 1, 0, 3, 2, 3, 2, 1, 0}, counts{3, 3, 1};
  const std::vector<double> beta{0.1, 2, 0.5}, weights{1, 0, 3};
  const auto p = as_matrix(policy, 3, columns);
  const auto r = as_matrix(reference, 3, columns);

  const auto ordered = check_gradient(prefopt::plackett_luce(), {.policy = p,
                                                                 .reference = r,
                                                                 .order = as_matrix(order, 3, columns),
                                                                 .counts = counts,
                                                                 .beta = beta,
                                                                 .weights = weights});
  CHECK_MESSAGE(ordered.passed(), ordered.message());
  const auto corrected = check_gradient(
      prefopt::softmax({0.5}), {.policy = p, .log_q = as_matrix(log_q, 3, columns), .weights = weights});
  CHECK_MESSAGE(corrected.passed(), corrected.message());
}

TEST_CASE("a loss without a gradient of its own gets the right one") {
  accepts(prefopt::compose(hardest_logistic{}, prefopt::rewards::implicit{}, prefopt::strengths::fixed{0.5}),
          9);
}

TEST_CASE("a reward without a chain rule gets the right gradient") {
  accepts(prefopt::compose(prefopt::losses::softmax{}, probability{}, prefopt::strengths::fixed{2}), 6);
}

TEST_CASE("a weighted sum of objectives has the weighted sum of the gradients") {
  accepts(prefopt::s_dpo({0.5}) + 0.1 * prefopt::nll() + 2.0 * prefopt::bpr(), 5);
}

TEST_CASE("a wrong gradient is caught, with row and column") {
  const auto caught = [](const auto& objective) {
    const auto policy = random_scores(rows, 5, 11), reference = random_scores(rows, 5, 12);
    const auto report = check_gradient(
        objective, {.policy = as_matrix(policy, rows, 5), .reference = as_matrix(reference, rows, 5)});
    return report.duals.excess > 1 && report.differences.excess > 1;
  };
  CHECK(caught(spoiled([](auto, auto g) { return -g; })));
  CHECK(caught(spoiled([](auto row, auto g) { return row.number(1.000001) * g; })));
  CHECK(caught(spoiled([](auto row, auto g) { return g + row.number(1e-6); })));
  CHECK(caught(spoiled([](auto row, auto g) { return select(row.is_preferred(), row.number(0), g); })));
  CHECK(caught(spoiled([](auto row, auto g) { return g / row.number(0) - g / row.number(0); })));
  CHECK_FALSE(caught(spoiled([](auto, auto g) { return g; })));
}

TEST_CASE("the report names the worst entry") {
  const std::vector<double> policy{-1, -2, -3, -1, -2, -3}, reference(6, 0.0);
  // Only the second rejected item of each row is wrong.
  const auto report =
      check_gradient(spoiled([](auto row, auto g) {
                       return select(row.position() > row.number(1.5), g + row.number(0.25), g);
                     }),
                     {.policy = as_matrix(policy, 2, 3), .reference = as_matrix(reference, 2, 3)});
  CHECK_FALSE(report.passed());
  CHECK(report.duals.row == 0);
  CHECK(report.duals.column == 2);
  CHECK(report.differences.column == 2);
  CHECK(report.duals.gradient == doctest::Approx(report.duals.expected + 0.25));
  CHECK(report.message() ==
        "dual numbers DISAGREE, worst entry [0, 2]: gradient 0.340031, expected 0.0900306; "
        "central differences DISAGREE, worst entry [0, 2]: gradient 0.340031, expected 0.0900306");
}
