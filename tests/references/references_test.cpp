#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes/pairwise.hpp>
#include <prefopt/references/external_table.hpp>
#include <prefopt/references/frozen.hpp>
#include <prefopt/references/moving_average.hpp>
#include <prefopt/references/periodic_sync.hpp>
#include <prefopt/references/staged.hpp>

#include "support/error_text.hpp"
#include "support/matrix.hpp"

namespace {

using namespace prefopt::references;
using prefopt::index;
using test::matrix;

TEST_CASE("a_frozen_reference_never_changes") {
  const auto policy = test::random_scores<double>(3, 4, 1, 1);
  matrix<double> reference = test::random_scores<double>(3, 4, 1, 2);
  const auto before = reference;
  sync_state state;
  for (int step = 0; step < 10'000; ++step) REQUIRE(!update<double>(frozen{}, state, reference, policy));
  CHECK(reference == before);
  CHECK(state.steps == 10'000);
}

TEST_CASE("after_a_hard_sync_dpo_costs_log_2") {
  const auto policy = test::random_scores<double>(50, 2, 3, 1);
  matrix<double> reference = test::random_scores<double>(50, 2, 3, 2), gradient(50, 2);
  sync_state state;
  const periodic_sync hard{.mixup = 1, .every = 3};
  CHECK(!update<double>(hard, state, reference, policy));
  CHECK(!update<double>(hard, state, reference, policy));
  CHECK(update<double>(hard, state, reference, policy));
  CHECK(reference == policy);
  const auto result = prefopt::evaluate(prefopt::dpo(), {.policy = policy, .reference = reference}, gradient);
  CHECK(result.loss == doctest::Approx(std::log(2.0)).epsilon(1e-15));
  staged stages;
  CHECK(stages.advance(state) == 0);
  CHECK(stages.begin_stage(state) == 1);
  CHECK(state.stages == 1);
}

TEST_CASE("a_soft_sync_is_a_convex_combination_and_an_average_is_one_at_every_step") {
  std::mt19937 generator(1);
  std::uniform_real_distribution<double> uniform;
  for (int trial = 0; trial < 10'000; ++trial) {
    const double share = 1e-3 + 0.998 * uniform(generator), before = uniform(generator),
                 now = 2 * uniform(generator);
    matrix<double> soft{{before}}, average{{before}};
    const matrix<double> policy{{now}};
    sync_state first, second;
    REQUIRE(update<double>(periodic_sync{.mixup = share, .every = 1}, first, soft, policy));
    REQUIRE(update<double>(moving_average{.decay = 1 - share}, second, average, policy));
    REQUIRE(soft(0, 0) >= std::min(before, now) - 1e-15);
    REQUIRE(soft(0, 0) <= std::max(before, now) + 1e-15);
    REQUIRE(soft(0, 0) == doctest::Approx(average(0, 0)).epsilon(1e-14));
  }
}

TEST_CASE("many_tensors_move_by_one_step_of_the_state") {
  const std::vector<float> policies[2] = {{1, 2}, {3}};
  std::vector<float> references[2] = {{0, 0}, {0}};
  sync_state state;
  const double share = periodic_sync{.mixup = 0.5, .every = 1}.advance(state);
  for (int i = 0; i < 2; ++i) mix<float>(references[i], policies[i], share);
  CHECK(references[0] == std::vector<float>{0.5f, 1});
  CHECK(references[1] == std::vector<float>{1.5f});
}

TEST_CASE("an_external_table_is_read_by_context_and_item") {
  const auto table = test::random_scores<double>(5, 7, 1, 1);
  const matrix<std::int32_t> candidates{{3, 0}, {6, -1}};
  matrix<double> out(2, 2, 9);
  const std::vector<std::int32_t> contexts{4, 0};
  external_table<double>{table}.gather(contexts, candidates, out);
  CHECK(out == matrix<double>{{table(4, 3), table(4, 0)}, {table(0, 6), 0}});
}

TEST_CASE("arguments_that_make_no_sense_are_refused") {
  matrix<double> reference(2, 3), narrow(2, 2);
  const matrix<double> policy(2, 3);
  sync_state state;
  CHECK(error_text([&] { mix<double>(narrow, policy, 0.5); }) ==
        "references::mix: reference is [2, 2], expected [2, 3] (the shape of policy)");
  CHECK(error_text([&] { mix<double>(reference, policy, 1.5); }) ==
        "references::mix: share is 1.5, expected a value in [0, 1]");
  CHECK(error_text([&] { mix<double>(reference, {}, 0.5); }) == "references::mix: policy is absent");
  CHECK(error_text([&] { periodic_sync{.mixup = 0}.advance(state); }) ==
        "periodic_sync: mixup is 0, expected a value in (0, 1]");
  CHECK(error_text([&] { periodic_sync{.every = 0}.advance(state); }) ==
        "periodic_sync: every is 0, expected at least 1");
  CHECK(error_text([&] { moving_average{.decay = 1}.advance(state); }) ==
        "moving_average: decay is 1, expected a value in [0, 1)");

  const matrix<std::int32_t> beyond{{0, 9}}, fitting{{0, 1}};
  matrix<double> out(1, 2), wide(1, 3);
  const std::vector<std::int32_t> first{0}, outside{2};
  const external_table<double> table{policy};
  CHECK(error_text([&] { table.gather(first, beyond, out); }) ==
        "external_table: candidates[0, 1] is 9, expected an item in [0, 3)");
  CHECK(error_text([&] { table.gather(outside, fitting, out); }) ==
        "external_table: contexts[0] is 2, expected a row in [0, 2)");
  CHECK(error_text([&] { table.gather(first, fitting, wide); }) ==
        "external_table: out is [1, 3], expected [1, 2]");
}

}  // namespace
