#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/full_softmax.hpp>
#include <prefopt/recipes.hpp>

#include "reference.hpp"
#include "support/thread_executor.hpp"

/// \file
/// The fused full-catalogue softmax: against plain loops in long doubles, and against the unfused path.

namespace {

using prefopt::index;
using prefopt::reduction;
using test::matrix;
using test::random_problem;
using test::run;
using test::softmax_outcome;
using test::softmax_problem;
using test::softmax_reference;

/// Relative to the sum of absolute values that an entry is made of.
template <class Scalar>
constexpr double tolerance = std::is_same_v<Scalar, float> ? 1e-5 : 1e-13;

template <class Scalar>
void check_against_reference(const softmax_problem<Scalar>& problem) {
  CAPTURE(problem.examples());
  CAPTURE(problem.items());
  CAPTURE(problem.width());
  const softmax_outcome<Scalar> outcome = run<Scalar>(problem);
  const softmax_reference truth(problem);
  const double scale = 1 / static_cast<double>(problem.examples()), tiny = std::numeric_limits<Scalar>::min();
  CHECK(outcome.result.loss == doctest::Approx(scale * truth.loss).epsilon(tolerance<Scalar>));
  CHECK(outcome.result.accuracy == doctest::Approx(truth.accuracy));
  CHECK(outcome.result.examples == problem.examples());
  for (std::size_t b = 0; b < truth.losses.size(); ++b)
    CHECK(static_cast<double>(outcome.losses[b]) ==
          doctest::Approx(truth.losses[b]).epsilon(tolerance<Scalar>));
  CHECK(test::worst_error(outcome.queries, truth.queries, truth.query_size, scale, tiny) <=
        tolerance<Scalar>);
  CHECK(test::worst_error(outcome.catalogue, truth.catalogue, truth.catalogue_size, scale, tiny) <=
        tolerance<Scalar>);
}

TEST_CASE_TEMPLATE("loss_and_gradients_are_those_of_the_plain_loops", Scalar, float, double) {
  for (const index examples : {1, 3, 16, 64, 67, 130})
    for (const index items : {1, 2, 5, 96, 131, 500})
      for (const index width : {1, 3, 16, 19, 64})
        check_against_reference(random_problem<Scalar>(examples, items, width));
}

TEST_CASE_TEMPLATE("wide_representations_and_several_chunks_and_groups", Scalar, float, double) {
  check_against_reference(random_problem<Scalar>(70, 150, 200));
  check_against_reference(random_problem<Scalar>(5, 5000, 8));
  check_against_reference(random_problem<Scalar>(70, 3500, 3));
  check_against_reference(random_problem<Scalar>(150, 40, 700));
}

TEST_CASE("a_temperature_divides_the_scores") {
  auto problem = random_problem<float>(20, 100, 24);
  problem.temperature = 0.25;
  check_against_reference(problem);
  problem.temperature = 7;
  check_against_reference(problem);
}

TEST_CASE("weights_count") {
  auto problem = random_problem<float>(20, 100, 24);
  for (int b = 0; b < 20; ++b) problem.weights.push_back(0.25f * static_cast<float>(b % 5));
  check_against_reference(problem);
}

TEST_CASE("many_examples_may_share_a_target") {
  auto problem = random_problem<float>(80, 30, 24);
  for (std::int32_t& target : problem.targets) target = 29;
  check_against_reference(problem);
}

TEST_CASE("it_equals_evaluate_on_explicit_scores") {
  const index examples = 70, items = 300, width = 32;
  const auto problem = random_problem<float>(examples, items, width, 3);
  matrix<float> scores(examples, items), slopes(examples, items);
  for (index b = 0; b < examples; ++b)
    for (index v = 0; v < items; ++v) {
      const auto target = static_cast<index>(problem.targets[static_cast<std::size_t>(b)]);
      const index item = v == 0 ? target : v == target ? 0 : v;  // the preferred item comes first
      for (index k = 0; k < width; ++k) scores(b, v) += problem.queries(b, k) * problem.catalogue(item, k);
    }
  std::vector<float> losses(static_cast<std::size_t>(examples));
  const auto expected = prefopt::evaluate(prefopt::softmax(), {.policy = scores}, slopes, {.losses = losses});
  const auto outcome = run<float>(problem);
  CHECK(outcome.result.loss == doctest::Approx(expected.loss).epsilon(1e-5));
  CHECK(outcome.result.accuracy == doctest::Approx(expected.accuracy));
  for (std::size_t b = 0; b < losses.size(); ++b)
    CHECK(outcome.losses[b] == doctest::Approx(losses[b]).epsilon(1e-5));

  const softmax_reference truth(problem);
  matrix<double> queries(examples, width), catalogue(items, width);
  for (index b = 0; b < examples; ++b)
    for (index v = 0; v < items; ++v) {
      const auto target = static_cast<index>(problem.targets[static_cast<std::size_t>(b)]);
      const index item = v == 0 ? target : v == target ? 0 : v;
      for (index k = 0; k < width; ++k) {
        queries(b, k) += static_cast<double>(slopes(b, v)) * static_cast<double>(problem.catalogue(item, k));
        catalogue(item, k) += static_cast<double>(slopes(b, v)) * static_cast<double>(problem.queries(b, k));
      }
    }
  matrix<double> query_size = truth.query_size, catalogue_size = truth.catalogue_size;
  for (double& size : query_size.values()) size /= static_cast<double>(examples);
  for (double& size : catalogue_size.values()) size /= static_cast<double>(examples);
  CHECK(test::worst_error(outcome.queries, queries, query_size, 1, 0) <= 1e-5);
  CHECK(test::worst_error(outcome.catalogue, catalogue, catalogue_size, 1, 0) <= 1e-5);
}

// ---- options

TEST_CASE("reductions_scale_loss_and_gradients") {
  auto problem = random_problem<double>(10, 40, 8);
  for (int b = 0; b < 10; ++b) problem.weights.push_back(1 + b % 3);
  const softmax_reference truth(problem);
  double weight_sum = 0;
  for (const double weight : problem.weights) weight_sum += weight;
  const auto check = [&](reduction how, double loss_scale, double gradient_scale) {
    const auto outcome = run<double>(problem, {.reduction = how});
    CHECK(outcome.result.loss == doctest::Approx(loss_scale * truth.loss));
    CHECK(test::worst_error(outcome.queries, truth.queries, truth.query_size, gradient_scale, 0) <= 1e-13);
    CHECK(test::worst_error(outcome.catalogue, truth.catalogue, truth.catalogue_size, gradient_scale, 0) <=
          1e-13);
    CHECK(outcome.losses[3] == doctest::Approx(truth.losses[3]));
  };
  check(reduction::mean, 0.1, 0.1);
  check(reduction::weighted_mean, 1 / weight_sum, 1 / weight_sum);
  check(reduction::sum, 1, 1);
  check(reduction::none, 0.1, 1);
}

TEST_CASE("a_gradient_scale_multiplies_the_gradients_alone") {
  const auto problem = random_problem<double>(10, 40, 8);
  const softmax_reference truth(problem);
  const auto outcome = run<double>(problem, {.reduction = reduction::sum, .gradient_scale = -0.5});
  CHECK(outcome.result.loss == doctest::Approx(truth.loss));
  CHECK(test::worst_error(outcome.queries, truth.queries, truth.query_size, -0.5, 0) <= 1e-13);
  CHECK(test::worst_error(outcome.catalogue, truth.catalogue, truth.catalogue_size, -0.5, 0) <= 1e-13);
}

TEST_CASE("gradients_overwrite_or_accumulate") {
  const auto problem = random_problem<float>(70, 200, 20);
  const auto written = run<float>(problem, {}, 99.0f);
  CHECK(written == run<float>(problem));
  const auto added = run<float>(problem, {.accumulate = true}, 99.0f);
  for (std::size_t i = 0; i < written.queries.values().size(); ++i)
    CHECK(added.queries.values()[i] == 99.0f + written.queries.values()[i]);
  for (std::size_t i = 0; i < written.catalogue.values().size(); ++i)
    CHECK(added.catalogue.values()[i] == 99.0f + written.catalogue.values()[i]);
}

TEST_CASE("each_gradient_may_be_left_out") {
  const auto problem = random_problem<float>(70, 200, 20);
  const auto both = run<float>(problem);
  softmax_outcome<float> apart(problem);
  CHECK(prefopt::full_softmax<float>(problem.batch()).loss == both.result.loss);
  prefopt::full_softmax<float>(problem.batch(), {.queries = apart.queries});
  prefopt::full_softmax<float>(problem.batch(), {.catalogue = apart.catalogue});
  CHECK(apart.queries == both.queries);
  CHECK(apart.catalogue == both.catalogue);
}

TEST_CASE("tensors_may_have_any_strides") {
  const auto problem = random_problem<float>(30, 110, 20);
  const auto expected = run<float>(problem);
  const auto column_major = [](const matrix<float>& m) {
    std::vector<float> values;
    for (index k = 0; k < m.columns(); ++k)
      for (index i = 0; i < m.rows(); ++i) values.push_back(m(i, k));
    return values;
  };
  const auto seen = [](auto& values, index rows, index columns) {
    return prefopt::matrix_view<std::remove_pointer_t<decltype(values.data())>>{values.data(), rows, columns,
                                                                                1, rows};
  };
  const std::vector<float> queries = column_major(problem.queries),
                           catalogue = column_major(problem.catalogue);
  std::vector<float> query_gradient(queries.size()), item_gradient(catalogue.size());
  prefopt::full_softmax<float>(
      {.queries = seen(queries, 30, 20), .catalogue = seen(catalogue, 110, 20), .targets = problem.targets},
      {.queries = seen(query_gradient, 30, 20), .catalogue = seen(item_gradient, 110, 20)});
  CHECK(query_gradient == column_major(expected.queries));
  CHECK(item_gradient == column_major(expected.catalogue));
}

TEST_CASE("a_large_gradient_is_streamed_to_the_same_numbers") {
  const index items = 17'000, width = 64;  // over a million numbers
  const auto problem = random_problem<float>(3, items, width);
  const auto size = static_cast<std::size_t>(items * width);
  std::vector<float> memory(size + 17);
  float* place = memory.data();
  while (reinterpret_cast<std::uintptr_t>(place) % 64 != 0) ++place;
  const prefopt::matrix_view<float> aligned{place, items, width, width, 1},
      shifted{place + 1, items, width, width, 1};  // off a pack's boundary nothing is streamed
  prefopt::full_softmax<float>(problem.batch(), {.catalogue = aligned});
  const std::vector<float> streamed(aligned.data, aligned.data + size);
  prefopt::full_softmax<float>(problem.batch(), {.catalogue = shifted});
  CHECK(streamed == std::vector<float>(shifted.data, shifted.data + size));
}

TEST_CASE("no_examples_cost_nothing_and_have_a_gradient_of_zeros") {
  const softmax_problem<float> problem{
      .queries = matrix<float>(0, 4), .catalogue = matrix<float>(7, 4, 1), .targets = {}};
  const auto outcome = run<float>(problem, {}, 5.0f);
  CHECK(outcome.result.loss == 0);
  CHECK(outcome.result.examples == 0);
  CHECK(outcome.catalogue == matrix<float>(7, 4, 0));
}

// ---- executors

TEST_CASE_TEMPLATE("no_executor_changes_a_bit", Scalar, float, double) {
  const auto problem = random_problem<Scalar>(70, 9000, 17);
  const auto expected = run<Scalar>(problem);
  for (const std::size_t tasks : {1u, 2u, 3u, 7u, 100u}) {
    CAPTURE(tasks);
    CHECK(run<Scalar>(problem, {.executor = one_thread_each(tasks)}) == expected);
    CHECK(run<Scalar>(problem, {.executor = {.tasks = tasks}}) == expected);
  }
}

TEST_CASE("a_small_call_stays_on_the_callers_thread") {
  const prefopt::executor forbidden{
      .tasks = 4, .parallel_for = [](std::size_t, prefopt::executor::body_type, void*) { FAIL("shared"); }};
  run<float>(random_problem<float>(8, 5000, 16), {.executor = forbidden});
}

TEST_CASE("a_workspace_of_the_callers_own_changes_nothing") {
  prefopt::full_softmax_workspace<float> workspace;
  for (const index items : {500, 20, 900}) {
    const auto problem = random_problem<float>(70, items, 20);
    CHECK(run<float>(problem, {.workspace = &workspace}) == run<float>(problem));
  }
}

}  // namespace
