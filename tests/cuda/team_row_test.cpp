#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>

#include "host_teams.hpp"
#include "support/random_batch.hpp"

/// \file
/// The text of the kernels against the engine of the host, for every shape of a team that a device uses.

namespace {

using prefopt::index;
using test::run_rows;

template <class Scalar>
struct example_batch {
  index rows, candidates;
  std::vector<Scalar> policy, reference, weights, beta;
  std::vector<std::int32_t> counts, order;

  example_batch(index rows, index candidates)
      : rows(rows),
        candidates(candidates),
        policy(support::random_scores<Scalar>(rows, candidates, 1)),
        reference(support::random_scores<Scalar>(rows, candidates, 2)),
        weights(support::random_scores<Scalar>(rows, 1, 3, 0.5, 2)),
        beta(support::random_scores<Scalar>(rows, 1, 4, 0.5, 2)) {
    for (index b = 0; b < rows; ++b) {
      counts.push_back(static_cast<std::int32_t>(b % candidates));
      for (index k = 0; k < candidates; ++k)
        order.push_back(static_cast<std::int32_t>((k * 3 + b) % candidates));
    }
    for (std::size_t i = 1; i < policy.size(); i += 5)
      if (static_cast<index>(i) % candidates != 0) policy[i] = -std::numeric_limits<Scalar>::infinity();
  }
  auto see(auto& values) const { return prefopt::as_matrix(values, rows, candidates); }
  /// All of it that the objective reads: masks, counts and weights always.
  template <class Objective>
  prefopt::batch<Scalar> given() const {
    prefopt::batch<Scalar> batch{
        .policy = see(policy), .reference = see(reference), .counts = counts, .weights = weights};
    if (contains(Objective::reads, prefopt::inputs::beta)) batch.beta = beta;
    if (prefopt::cuda::detail::reads_an_order<Objective>) batch.order = see(order);
    return batch;
  }
};

template <class Scalar>
constexpr double tolerance = std::is_same_v<Scalar, float> ? 3e-5 : 1e-12;

template <int Size, int Slots, class Objective, class Scalar>
void check_team(const Objective& objective, const prefopt::batch<Scalar>& batch) {
  CAPTURE(Size);
  CAPTURE(Slots);
  const index rows = batch.policy->rows, columns = batch.policy->columns;
  const auto elements = static_cast<std::size_t>(rows * columns);
  std::vector<Scalar> expected(elements, 1), gradient(elements, 1);
  std::vector<Scalar> expected_losses(static_cast<std::size_t>(rows)), losses = expected_losses;
  const auto result = prefopt::evaluate(objective, batch, prefopt::as_matrix(expected, rows, columns),
                                        {.accumulate = true, .losses = expected_losses});
  const auto inputs = prefopt::cuda::detail::plan_rows(
      objective, batch, prefopt::tensor_ref<Scalar>(prefopt::as_matrix(gradient, rows, columns)),
      {.accumulate = true, .losses = losses});
  const double total = run_rows<Size, Slots>(objective, inputs);
  CHECK(total / static_cast<double>(rows) == doctest::Approx(result.loss).epsilon(tolerance<Scalar>));
  double worst = 0;
  for (std::size_t i = 0; i < elements; ++i)
    worst = std::max(worst, std::abs(static_cast<double>(gradient[i] - expected[i])));
  CHECK(worst <= tolerance<Scalar>);
  for (std::size_t b = 0; b < losses.size(); ++b)
    CHECK(static_cast<double>(losses[b]) ==
          doctest::Approx(static_cast<double>(expected_losses[b])).epsilon(tolerance<Scalar>));
}

/// One thread, a few threads, more than there are candidates; in registers and in memory.
template <class Scalar, class Objective>
void check_shapes(const Objective& objective, const prefopt::batch<Scalar>& batch) {
  check_team<1, 8>(objective, batch);
  check_team<4, 2>(objective, batch);
  if constexpr (!prefopt::cuda::detail::reads_an_order<Objective>) {
    check_team<1, 0>(objective, batch);
    check_team<4, 0>(objective, batch);
  }
}

template <class Scalar>
void check_objectives() {
  using namespace prefopt;
  const example_batch<Scalar> several(23, 7), pairs(23, 2);
  const auto check = [&](const char* name, const auto& objective, const auto& data) {
    CAPTURE(std::string(name));
    check_shapes<Scalar>(objective, data.template given<std::remove_cvref_t<decltype(objective)>>());
  };
  check("dpo", dpo({.beta = 0.7}), pairs);
  check("rpo", rpo({}), pairs);
  check("s_dpo", s_dpo({.beta = 0.9}), several);
  check("dpo_k", dpo_k({.beta = 0.8}), several);
  check("dmpo", dmpo({.beta = 0.5}), several);
  check("bpr", bpr(), several);
  check("softmax", softmax({.temperature = 0.5}), several);
  check("bce", bce(), several);
  check("gbce", gbce({.num_items = 100}), several);
  check("plackett_luce", plackett_luce({}), several);
}

TEST_CASE("teams_agree_with_the_host") {
  SUBCASE("double") { check_objectives<double>(); }
  SUBCASE("float") { check_objectives<float>(); }
}

}  // namespace
