#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>
#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/uniform.hpp>

#include "device_calls.hpp"
#include "support/random_batch.hpp"

/// \file
/// What a device computes and draws, against the host.

namespace {

using prefopt::index;

bool skipped() {
  if (test::has_device()) return false;
  std::puts("[skipped] no CUDA device");
  return true;
}

/// What an objective reads of a batch, beside scores with masks and weights.
struct batch_kind {
  bool ordered = false, graded = false;
  index components = 1;
};

template <class Scalar>
test::device_batch<Scalar> make_batch(index rows, index candidates, const batch_kind& kind) {
  test::device_batch<Scalar> batch{
      .rows = rows,
      .candidates = candidates,
      .components = kind.components,
      .policy = support::random_scores<Scalar>(rows, candidates * kind.components, 1),
      .reference = support::random_scores<Scalar>(rows, candidates, 2),
      .relevance = {},
      .weights = support::random_scores<Scalar>(rows, 1, 3, 0.5, 2),
      .order = {}};
  for (index i = 1; i < rows * candidates; i += 5)
    if (i % candidates != 0)
      batch.policy[static_cast<std::size_t>(i * kind.components)] = -std::numeric_limits<Scalar>::infinity();
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < candidates; ++k) {
      if (kind.ordered) batch.order.push_back(static_cast<std::int32_t>((k + b) % candidates));
      if (kind.graded) batch.relevance.push_back(static_cast<Scalar>((k * k + b) % 7 % 5 - 1));
    }
  return batch;
}

template <class Scalar, class Objective>
void check_on_device(const Objective& objective, index rows, index candidates, const batch_kind& kind = {}) {
  CAPTURE(candidates);
  const auto batch = make_batch<Scalar>(rows, candidates, kind);
  const index columns = candidates * kind.components;
  std::vector<Scalar> gradient(batch.policy.size()), losses(static_cast<std::size_t>(rows));
  prefopt::batch<Scalar> given{.policy = prefopt::as_matrix(batch.policy, rows, columns),
                               .reference = prefopt::as_matrix(batch.reference, rows, candidates),
                               .weights = batch.weights};
  if (kind.ordered) given.order = prefopt::as_matrix(batch.order, rows, candidates);
  if (kind.graded) given.relevance = prefopt::as_matrix(batch.relevance, rows, candidates);
  prefopt::state_of<Objective> state{};
  const auto expected = prefopt::evaluate(objective, given, prefopt::as_matrix(gradient, rows, columns),
                                          {.losses = losses, .state = &state});
  const auto result = test::evaluate_on_device(objective, batch);
  const double tolerance = std::is_same_v<Scalar, float> ? 3e-5 : 1e-12;
  CHECK(static_cast<double>(result.loss) == doctest::Approx(expected.loss).epsilon(tolerance));
  double worst = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(result.gradient[i] - gradient[i])));
  CHECK(worst * static_cast<double>(rows) <= tolerance);
  for (std::size_t b = 0; b < losses.size(); ++b)
    CHECK(static_cast<double>(result.losses[b]) ==
          doctest::Approx(static_cast<double>(losses[b])).epsilon(tolerance));
  const auto again = test::evaluate_on_device(objective, batch);
  CHECK(again.loss == result.loss);
  CHECK(again.gradient == result.gradient);
}

template <class Scalar>
void check_objectives() {
  using namespace prefopt;
  check_on_device<Scalar>(dpo(), 1000, 2);
  check_on_device<Scalar>(rpo(), 1000, 2);
  check_on_device<Scalar>(beta_dpo(), 1000, 2);
  check_on_device<Scalar>(aot(), 1000, 2);
  for (const index candidates : {2, 5, 16, 50, 200, 1000}) {
    check_on_device<Scalar>(s_dpo(), 333, candidates);
    check_on_device<Scalar>(dmpo(), 333, candidates);
    check_on_device<Scalar>(bpr(), 333, candidates);
    check_on_device<Scalar>(bce(), 333, candidates);
    check_on_device<Scalar>(softmax(), 333, candidates);
    if (candidates <= 256) check_on_device<Scalar>(plackett_luce(), 333, candidates, {.ordered = true});
  }
}

template <class Scalar>
void check_lists() {
  using namespace prefopt;
  const batch_kind graded{.graded = true};
  for (const index candidates : {2, 5, 16, 50, 200}) {
    check_on_device<Scalar>(plackett_luce_groups(), 333, candidates, graded);
    check_on_device<Scalar>(irpo(), 333, candidates, {.ordered = true, .graded = true});
    check_on_device<Scalar>(listnet(), 333, candidates, graded);
    check_on_device<Scalar>(ranknet(), 333, candidates, graded);
    check_on_device<Scalar>(lambda_loss(), 333, candidates, graded);
    check_on_device<Scalar>(approx_ndcg(), 333, candidates, graded);
    check_on_device<Scalar>(rankdpo(), 333, candidates, graded);
  }
  check_on_device<Scalar>(gpm({.components = 4, .tau = 2}), 333, 2, {.components = 4});
}

TEST_CASE("a_device_agrees_with_the_host") {
  if (skipped()) return;
  SUBCASE("float") { check_objectives<float>(); }
  SUBCASE("double") { check_objectives<double>(); }
}

TEST_CASE("a_device_agrees_with_the_host_on_lists_and_vectors") {
  if (skipped()) return;
  SUBCASE("float") { check_lists<float>(); }
  SUBCASE("double") { check_lists<double>(); }
}

TEST_CASE("draws_on_a_device_are_the_hosts") {
  if (skipped()) return;
  constexpr index rows = 500, num_items = 97, places = 15;
  std::mt19937 generator(7);
  test::device_draw draw{{},        {},     {0},  {.seed = 9, .step = 3, .first_example = 1000},
                         num_items, places, false};
  for (index b = 0; b < rows; ++b) {
    draw.positives.push_back(static_cast<std::int32_t>(generator() % num_items));
    for (std::int32_t item = 0; item < num_items; ++item)
      if (generator() % 8 < static_cast<std::uint32_t>(b % 9)) draw.items.push_back(item);
    draw.offsets.push_back(static_cast<index>(draw.items.size()));
  }
  std::vector<double> counts;
  for (index i = 0; i < num_items; ++i)
    counts.push_back(i % 7 == 3 ? 0 : 1000.0 / (1.0 + static_cast<double>(i)));
  std::vector<std::int32_t> expected(static_cast<std::size_t>(rows * places));
  const prefopt::samplers::history_view history(draw.offsets, draw.items);
  index missing = -1;
  SUBCASE("uniform") {
    const index masked = prefopt::samplers::uniform{.num_items = num_items}.draw(
        draw.positives, history, draw.key, prefopt::as_matrix(expected, rows, places));
    CHECK(test::draw_on_device(draw, {}, missing) == expected);
    CHECK(missing == masked);
  }
  SUBCASE("popularity") {
    const index masked = prefopt::samplers::popularity(counts).draw(
        draw.positives, history, draw.key, prefopt::as_matrix(expected, rows, places));
    CHECK(test::draw_on_device(draw, counts, missing) == expected);
    CHECK(missing == masked);
  }
}

}  // namespace
