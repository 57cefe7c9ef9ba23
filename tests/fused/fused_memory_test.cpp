#include <cstdint>

#include <doctest/doctest.h>

#include <prefopt/evaluate_candidates.hpp>
#include <prefopt/full_softmax.hpp>
#include <prefopt/recipes.hpp>

#include "reference.hpp"
#include "support/allocation_counter.hpp"

/// \file
/// What the fused calls take from the heap, in a program of its own.

namespace {

using prefopt::index;
using test::cost_of;
using test::matrix;

/// A call with both gradients, whose tensors stand ready.
template <class Scalar>
class ready_call {
 public:
  ready_call(index examples, index items, index width)
      : problem_(test::random_problem<Scalar>(examples, items, width)), outcome_(problem_) {}

  void operator()(const prefopt::full_softmax_options<Scalar>& options = {}) {
    prefopt::full_softmax<Scalar>(problem_.batch(),
                                  {.queries = outcome_.queries, .catalogue = outcome_.catalogue}, options);
  }

 private:
  test::softmax_problem<Scalar> problem_;
  test::softmax_outcome<Scalar> outcome_;
};

TEST_CASE_TEMPLATE("the_second_call_allocates_nothing", Scalar, float, double) {
  ready_call<Scalar> large(200, 700, 40), small(20, 900, 40);
  CHECK(cost_of([&] { large(); }).allocations > 0);
  CHECK(cost_of([&] { large(); }).allocations == 0);
  CHECK(cost_of([&] { small(); }).allocations == 0);
}

TEST_CASE("a_workspace_keeps_its_memory_from_call_to_call") {
  ready_call<float> call(70, 9000, 20);
  prefopt::full_softmax_workspace<float> workspace;
  const auto work = [&] { call({.executor = {.tasks = 3}, .workspace = &workspace}); };
  CHECK(cost_of(work).allocations > 0);
  CHECK(cost_of(work).allocations == 0);
}

TEST_CASE("memory_does_not_grow_with_the_scores") {
  const auto bytes_of = [](index examples, index items, index width, std::size_t tasks) {
    ready_call<float> call(examples, items, width);
    prefopt::full_softmax_workspace<float> workspace;
    return cost_of([&] { call({.executor = {.tasks = tasks}, .workspace = &workspace}); }).bytes;
  };
  constexpr long megabyte = 1 << 20;
  CHECK(bytes_of(256, 20'000, 8, 1) < megabyte / 2);  // scores: 20 MB
  CHECK(bytes_of(3000, 500, 64, 1) < 2 * megabyte);
  // A part for each of 49 chunks.
  CHECK(bytes_of(512, 50'000, 4, 4) < 5 * megabyte);
}

TEST_CASE("the_second_evaluation_of_candidates_allocates_nothing") {
  constexpr index examples = 600, each = 9, items = 300, width = 20;
  const auto queries = test::random_scores<float>(examples, width, 1, 1);
  const auto catalogue = test::random_scores<float>(items, width, 1, 2);
  const matrix<std::int32_t> candidates(examples, each, 7);
  matrix<float> query_gradient(examples, width), rows(items, width);
  matrix<std::int32_t> different(items, 1);
  const auto work = [&](const prefopt::candidate_options<float>& options) {
    prefopt::evaluate_candidates<float>(
        prefopt::s_dpo(), {.queries = queries, .catalogue = catalogue, .candidates = candidates},
        {.queries = query_gradient, .rows = rows, .items = different}, options);
  };
  work({});
  CHECK(cost_of([&] { work({}); }).allocations == 0);
  prefopt::candidate_workspace<float> workspace;
  const prefopt::candidate_options<float> options{.executor = {.tasks = 3}, .workspace = &workspace};
  CHECK(cost_of([&] { work(options); }).allocations > 0);
  CHECK(cost_of([&] { work(options); }).allocations == 0);
}

}  // namespace
