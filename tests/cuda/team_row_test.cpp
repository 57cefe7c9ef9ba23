#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
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
  index rows, candidates, components;
  std::vector<Scalar> policy, reference, relevance, weights, beta;
  std::vector<std::int32_t> counts, order;

  example_batch(index rows, index candidates, index components = 1)
      : rows(rows),
        candidates(candidates),
        components(components),
        policy(support::random_scores<Scalar>(rows, candidates * components, 1)),
        reference(support::random_scores<Scalar>(rows, candidates, 2)),
        weights(support::random_scores<Scalar>(rows, 1, 3, 0.5, 2)),
        beta(support::random_scores<Scalar>(rows, 1, 4, 0.5, 2)) {
    for (index b = 0; b < rows; ++b) {
      counts.push_back(static_cast<std::int32_t>(b % candidates));
      for (index k = 0; k < candidates; ++k)
        order.push_back(static_cast<std::int32_t>((k * 3 + b) % candidates));
    }
    for (index i = 1; i < rows * candidates; i += 5)
      if (i % candidates != 0)
        policy[static_cast<std::size_t>(i * components)] = -std::numeric_limits<Scalar>::infinity();
    // Grades with ties; −1 masks, the first column too.
    for (index i = 0; i < rows * candidates; ++i)
      relevance.push_back(static_cast<Scalar>((i * i + i / candidates) % 7 % 5 - 1));
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

template <class Scalar>
void check_objectives() {
  using namespace prefopt;
  const example_batch<Scalar> several(23, 7), pairs(23, 2);
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

/// Grades, ranks, pairs and groups.
template <class Scalar>
void check_graded_lists() {
  namespace losses = prefopt::losses;
  using weighting = losses::ranknet_weighting;
  using scheme = losses::weighting_scheme;
  const example_batch<Scalar> lists(29, 7);
  check("listnet", prefopt::listnet(), lists);
  check("binary_listnet", prefopt::binary_listnet(), lists);
  check("irpo", prefopt::irpo({.beta = 0.7}), lists);
  check("irpo, the code's",
        prefopt::irpo({.beta = 0.05, .weighting_id = 2, .self_term = losses::irpo_self_term::code}), lists);
  check("approx_ndcg", prefopt::approx_ndcg({.alpha = 1.5}), lists);
  check("lipo_lambda", prefopt::lipo_lambda({.beta = 0.7}), lists);
  check("rankdpo", prefopt::rankdpo({.beta = 0.6}), lists);
  for (const weighting one : {weighting::none, weighting::diff, weighting::diff_pow})
    check("ranknet", prefopt::ranknet({one}), lists);
  for (const scheme one :
       {scheme::ndcgLoss1, scheme::ndcgLoss2PP, scheme::lambdaRank, scheme::rankNetWeightedByGTDiffPowed})
    check("lambda_loss", prefopt::lambda_loss({.weighting_scheme = one, .k = 4}), lists);
  check("lambda_loss, a mean",
        prefopt::lambda_loss({.sigma = 0.5, .reduction = losses::pair_reduction::mean}), lists);
  check("plackett_luce_groups", prefopt::plackett_luce_groups({.beta = 0.8}), lists);
  check("a sum of two", 0.5 * prefopt::listnet() + prefopt::ranknet(), lists);
}

TEST_CASE("teams_agree_with_the_host") {
  SUBCASE("double") { check_objectives<double>(); }
  SUBCASE("float") { check_objectives<float>(); }
}

TEST_CASE("teams_agree_with_the_host_on_graded_lists") {
  SUBCASE("double") { check_graded_lists<double>(); }
  SUBCASE("float") { check_graded_lists<float>(); }
}

TEST_CASE("teams_agree_with_the_host_on_vectors") {
  const auto check_vectors = [](auto number) {
    using scalar = decltype(number);
    check("gpm", prefopt::gpm({.components = 6, .tau = 2}), example_batch<scalar>(23, 2, 6));
    check("dove", prefopt::dove({.beta = 0.4}), example_batch<scalar>(23, 2, 2));
  };
  check_vectors(1.0);
  check_vectors(1.0f);
}

}  // namespace
