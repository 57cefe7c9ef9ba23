#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>

#include "host_teams.hpp"
#include "support/random_batch.hpp"

/// \file
/// An objective by teams against the engine of the host, for every shape of a team that a device uses.

namespace test {

/// Rows with masks, counts, and all that an objective may read.
template <class Scalar>
struct example_batch {
  index rows, candidates, components;
  std::vector<Scalar> policy, reference, relevance, weights, beta, hardness, kl;
  std::vector<std::int32_t> counts, order;

  example_batch(index rows, index candidates, index components = 1)
      : rows(rows),
        candidates(candidates),
        components(components),
        policy(support::random_scores<Scalar>(rows, candidates * components, 1)),
        reference(support::random_scores<Scalar>(rows, candidates, 2)),
        weights(support::random_scores<Scalar>(rows, 1, 3, 0.5, 2)),
        beta(support::random_scores<Scalar>(rows, 1, 4, 0.5, 2)),
        hardness(support::random_scores<Scalar>(rows, 1, 5, 0.2, 1.5)),
        kl(support::random_scores<Scalar>(rows, 1, 6, -0.5, 1.5)) {
    for (index b = 0; b < rows; ++b) {
      counts.push_back(static_cast<std::int32_t>(b % candidates));
      for (index k = 0; k < candidates; ++k)
        order.push_back(static_cast<std::int32_t>((k * 3 + b) % candidates));
    }
    for (index i = 1; i < rows * candidates; i += 5)
      if (i % candidates != 0)
        policy[static_cast<std::size_t>(i * components)] = -std::numeric_limits<Scalar>::infinity();
    // Grades with ties; −1 masks, the first column too, and in one row all.
    for (index i = 0; i < rows * candidates; ++i)
      relevance.push_back(i / candidates == 6 ? Scalar(-1)
                                              : static_cast<Scalar>((i * i + i / candidates) % 7 % 5 - 1));
  }
  auto see(auto& values) const { return prefopt::as_matrix(values, rows, candidates); }
  /// All of it that the objective reads: masks, counts and weights always.
  template <class Objective>
  prefopt::batch<Scalar> given() const {
    prefopt::batch<Scalar> batch{.policy = prefopt::as_matrix(policy, rows, candidates * components),
                                 .reference = see(reference),
                                 .counts = counts,
                                 .weights = weights};
    if (contains(Objective::reads, prefopt::inputs::beta)) batch.beta = beta;
    if (contains(Objective::reads, prefopt::inputs::hardness)) batch.hardness = hardness;
    if (contains(Objective::reads, prefopt::inputs::kl)) batch.kl = kl;
    if (contains(Objective::reads, prefopt::inputs::relevance)) batch.relevance = see(relevance);
    if (prefopt::cuda::detail::reading_of<Objective>.ordered) batch.order = see(order);
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
  test::state_of<Objective> host_state{}, device_state{};
  const auto result =
      prefopt::evaluate(objective, batch, prefopt::as_matrix(expected, rows, columns),
                        {.accumulate = true, .losses = expected_losses, .state = &host_state});
  const double total = test::evaluate_by_teams<Size, Slots>(
      objective, batch, prefopt::tensor_ref<Scalar>(prefopt::as_matrix(gradient, rows, columns)),
      {.accumulate = true, .losses = losses}, &device_state);
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
  if constexpr (prefopt::cuda::detail::keeps_nothing<Objective>) {
    check_team<1, 0>(objective, batch);
    check_team<4, 0>(objective, batch);
  }
}

template <class Scalar, class Objective>
void check(const char* name, const Objective& objective, const example_batch<Scalar>& data) {
  static_assert(prefopt::cuda::device_objective<Objective>);
  CAPTURE(std::string(name));
  check_shapes<Scalar>(objective, data.template given<Objective>());
}

}  // namespace test
