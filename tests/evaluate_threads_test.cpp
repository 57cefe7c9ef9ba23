#include <cmath>
#include <limits>
#include <set>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/openmp.hpp>

#include "support/engine.hpp"

/// \file
/// The same numbers, bit for bit, whoever runs the pieces of a call.

namespace {

using prefopt::executor;
using prefopt::index;
using test::matrix;

/// Every piece on a thread of its own.
executor on_threads(std::size_t tasks) {
  return {.tasks = tasks, .parallel_for = [](std::size_t count, executor::body_type body, void*) {
            std::vector<std::thread> threads;
            for (std::size_t task = 0; task < count; ++task)
              threads.emplace_back([task, body] { body(task); });
            for (std::thread& thread : threads) thread.join();
          }};
}
/// The pieces in reverse, on the caller's thread.
executor backwards(std::size_t tasks) {
  return {.tasks = tasks, .parallel_for = [](std::size_t count, executor::body_type body, void*) {
            while (count-- > 0) body(count);
          }};
}

template <class Scalar>
struct outcome {
  prefopt::result result;
  matrix<Scalar> gradient, losses;

  bool operator==(const outcome& other) const {
    const auto numbers = [](const prefopt::result& r) {
      return std::vector<double>{r.loss,
                                 r.chosen_reward,
                                 r.rejected_reward,
                                 r.accuracy,
                                 r.margin,
                                 r.hardest_margin,
                                 r.mean_beta,
                                 static_cast<double>(r.examples),
                                 static_cast<double>(r.skipped)};
    };
    return numbers(result) == numbers(other.result) && gradient == other.gradient && losses == other.losses;
  }
};

TEST_CASE_TEMPLATE("no_executor_changes_a_bit", Scalar, float, double) {
  constexpr index rows = 5003;  // several chunks, the last of them not full, over 32768 scores
  for (const auto& recipe : test::all_recipes<Scalar>()) {
    CAPTURE(recipe.name);
    const index n = recipe.pairwise ? 2 : 8, count = recipe.pairwise ? 20011 : rows;
    auto policy = test::random_scores<Scalar>(count, n, 2, 1);
    const auto reference = test::random_scores<Scalar>(count, n, 1, 2);
    auto weights = test::random_scores<Scalar>(count, 1, 1, 3);
    for (Scalar& weight : weights.values()) weight = std::abs(weight);
    for (index b = 0; b < count; b += 7) policy(b, n - 1) = -std::numeric_limits<Scalar>::infinity();
    for (index b = 3; b < count; b += 700) policy(b, 0) = std::numeric_limits<Scalar>::quiet_NaN();
    const auto run = [&](const executor& executor) {
      outcome<Scalar> out{{}, matrix<Scalar>(count, n), matrix<Scalar>(count, 1)};
      out.result =
          recipe({.policy = policy, .reference = reference, .weights = weights}, out.gradient,
                 {.losses = out.losses, .non_finite = prefopt::non_finite::skip, .executor = executor});
      return out;
    };
    const outcome<Scalar> sequential = run({});
    CHECK(sequential.result.skipped == (count - 4) / 700 + 1);
    for (const std::size_t tasks : {1u, 2u, 3u, 7u, 1000u}) {
      CAPTURE(tasks);
      CHECK(run(on_threads(tasks)) == sequential);
      CHECK(run(backwards(tasks)) == sequential);
    }
    for (const int threads : {1, 2, 3, 7}) CHECK(run(prefopt::openmp(threads)) == sequential);
  }
}

/// Notes how many pieces it was given.
struct counting {
  std::size_t pieces = 0;
  executor with_tasks(std::size_t tasks) {
    return {.tasks = tasks,
            .parallel_for =
                [](std::size_t count, executor::body_type body, void* context) {
                  static_cast<counting*>(context)->pieces += count;
                  for (std::size_t task = 0; task < count; ++task) body(task);
                },
            .context = this};
  }
};

TEST_CASE("a_large_batch_is_cut_into_as_many_pieces_as_asked_for") {
  const matrix<float> policy(20'000, 4);
  for (const std::size_t tasks : {2u, 7u}) {
    counting count;
    test::evaluate<float>(prefopt::s_dpo(), {.policy = policy}, {}, {.executor = count.with_tasks(tasks)});
    CHECK(count.pieces == tasks);
  }
}

TEST_CASE("a_small_batch_wakes_nobody") {
  const matrix<float> policy(1000, 4);
  counting count;
  test::evaluate<float>(prefopt::s_dpo(), {.policy = policy}, {}, {.executor = count.with_tasks(8)});
  CHECK(count.pieces == 0);
}

TEST_CASE("a_bad_score_found_by_another_thread_is_still_the_first_one") {
  auto policy = test::random_scores<float>(20'000, 4, 1, 4);
  for (const index b : {19'999, 12'345, 9'000}) policy(b, 2) = std::numeric_limits<float>::quiet_NaN();
  for (const std::size_t tasks : {2u, 3u, 7u})
    CHECK_THROWS_WITH_AS(
        test::evaluate<float>(prefopt::s_dpo(), {.policy = policy}, {}, {.executor = on_threads(tasks)}),
        "evaluate: policy[9000, 2] is nan, expected a finite score (or -inf for a rejected item, to mask it)",
        prefopt::invalid_argument);
}

TEST_CASE("two_threads_may_evaluate_at_the_same_time") {
  const auto policy = test::random_scores<double>(3000, 16, 1, 5);
  matrix<double> expected(3000, 16), first(3000, 16), second(3000, 16);
  test::evaluate<double>(prefopt::s_dpo(), {.policy = policy}, expected);
  const auto work = [&](matrix<double>& gradient) {
    for (int i = 0; i < 5; ++i) test::evaluate<double>(prefopt::s_dpo(), {.policy = policy}, gradient);
  };
  std::thread other([&] { work(first); });
  work(second);
  other.join();
  CHECK(first == expected);
  CHECK(second == expected);
}

TEST_CASE("a_workspace_of_the_callers_own_changes_nothing") {
  const auto policy = test::random_scores<double>(500, 16, 1, 6);
  prefopt::workspace workspace;
  for (const auto& recipe : test::all_recipes<double>()) {
    if (recipe.pairwise) continue;
    matrix<double> expected(500, 16), gradient(500, 16);
    const double loss = recipe({.policy = policy}, expected).loss;
    CHECK(recipe({.policy = policy}, gradient, {.workspace = &workspace}).loss == loss);
    CHECK(gradient == expected);
  }
}

TEST_CASE("openmp_needs_a_thread") {
  CHECK_THROWS_WITH_AS(prefopt::openmp(0), "openmp: threads is 0, expected at least 1",
                       prefopt::invalid_argument);
  CHECK(prefopt::openmp(3).tasks == 3);
}

TEST_CASE("an_executor_without_parallel_for_runs_every_piece_here_and_now") {
  std::multiset<std::size_t> seen;
  const auto note = [&](std::size_t task) { seen.insert(task); };
  executor{.tasks = 4}.run(4, note);
  CHECK(seen == std::multiset<std::size_t>{0, 1, 2, 3});
}

}  // namespace
