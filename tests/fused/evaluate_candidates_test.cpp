#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate_candidates.hpp>
#include <prefopt/recipes.hpp>

#include "support/error_text.hpp"
#include "support/matrix.hpp"
#include "support/thread_executor.hpp"

/// \file
/// `evaluate` from representations: against `evaluate` on explicit scores, and gradients by the plain loops.

namespace {

using prefopt::evaluate_candidates;
using prefopt::index;
using prefopt::reduction;
using test::matrix;
using test::random_scores;

template <class Scalar>
struct problem {
  matrix<Scalar> queries, catalogue;
  matrix<std::int32_t> candidates;

  problem(index examples, index candidates_each, index items, index width)
      : queries(random_scores<Scalar>(examples, width, 0.5, 1)),
        catalogue(random_scores<Scalar>(items, width, 0.5, 2)),
        candidates(examples, candidates_each) {
    std::mt19937_64 generator(3);
    for (std::int32_t& item : candidates.values())
      item = static_cast<std::int32_t>(generator() % static_cast<std::uint64_t>(items));
  }

  index examples() const { return queries.rows(); }
  index width() const { return queries.columns(); }
  prefopt::candidate_batch<Scalar> batch(const prefopt::batch<Scalar>& inputs = {}) const {
    return {.queries = queries, .catalogue = catalogue, .candidates = candidates, .inputs = inputs};
  }
};

/// Products in long doubles; −inf for a masked candidate.
template <class Scalar>
matrix<Scalar> scores_of(const matrix<Scalar>& queries, const matrix<Scalar>& catalogue,
                         const matrix<std::int32_t>& candidates) {
  matrix<Scalar> scores(candidates.rows(), candidates.columns());
  for (index b = 0; b < scores.rows(); ++b)
    for (index k = 0; k < scores.columns(); ++k) {
      long double sum = candidates(b, k) < 0 ? -std::numeric_limits<long double>::infinity() : 0;
      for (index i = 0; candidates(b, k) >= 0 && i < queries.columns(); ++i)
        sum += static_cast<long double>(queries(b, i)) *
               static_cast<long double>(catalogue(candidates(b, k), i));
      scores(b, k) = static_cast<Scalar>(sum);
    }
  return scores;
}

template <class Scalar>
struct outcome {
  prefopt::candidate_result result;
  matrix<Scalar> queries, rows;
  std::vector<Scalar> losses;

  explicit outcome(const problem<Scalar>& p, Scalar before = 0)
      : queries(p.examples(), p.width(), before),
        rows(p.candidates.rows() * p.candidates.columns(), p.width(), before),
        losses(static_cast<std::size_t>(p.examples())) {}
  bool operator==(const outcome& other) const {
    return result.loss == other.result.loss && result.margin == other.result.margin &&
           result.accuracy == other.result.accuracy && queries == other.queries && rows == other.rows &&
           losses == other.losses;
  }
};

template <class Scalar, class Objective>
outcome<Scalar> run(const Objective& objective, const problem<Scalar>& p,
                    const prefopt::candidate_batch<Scalar>& batch,
                    prefopt::candidate_options<Scalar> options = {}, Scalar before = 0) {
  outcome<Scalar> out(p, before);
  options.losses = out.losses;
  out.result =
      evaluate_candidates<Scalar>(objective, batch, {.queries = out.queries, .rows = out.rows}, options);
  return out;
}

template <class Scalar>
void check_near(const matrix<Scalar>& actual, const matrix<Scalar>& expected) {
  double norm = 0, error = 0;
  for (std::size_t i = 0; i < expected.values().size(); ++i) {
    const auto truth = static_cast<double>(expected.values()[i]);
    error += std::pow(static_cast<double>(actual.values()[i]) - truth, 2);
    norm += truth * truth;
  }
  CHECK(std::sqrt(error) <= (std::is_same_v<Scalar, float> ? 1e-5 : 1e-13) * std::sqrt(norm));
}

/// What `evaluate` says about explicit scores, carried back to the representations.
template <class Scalar, class Objective>
void check_against_evaluate(const Objective& objective, const problem<Scalar>& p,
                            const prefopt::candidate_batch<Scalar>& batch, prefopt::batch<Scalar> inputs,
                            reduction how = reduction::mean) {
  CAPTURE(p.candidates.columns());
  CAPTURE(p.width());
  const matrix<Scalar> scores = scores_of(p.queries, p.catalogue, p.candidates);
  matrix<Scalar> slopes(scores.rows(), scores.columns());
  inputs.policy = scores;
  const prefopt::result expected = prefopt::evaluate(objective, inputs, slopes, {.reduction = how});
  const outcome<Scalar> actual = run(objective, p, batch, {.reduction = how});

  const double tolerance = std::is_same_v<Scalar, float> ? 1e-5 : 1e-13;
  CHECK(actual.result.loss == doctest::Approx(expected.loss).epsilon(tolerance));
  CHECK(actual.result.margin == doctest::Approx(expected.margin).epsilon(tolerance));
  CHECK(actual.result.chosen_reward == doctest::Approx(expected.chosen_reward).epsilon(tolerance));
  CHECK(actual.result.accuracy == doctest::Approx(expected.accuracy));
  CHECK(actual.result.mean_beta == doctest::Approx(expected.mean_beta));
  CHECK(actual.result.examples == expected.examples);
  outcome<Scalar> truth(p);
  const index n = scores.columns();
  for (index b = 0; b < scores.rows(); ++b)
    for (index k = 0; k < n; ++k)
      for (index i = 0; p.candidates(b, k) >= 0 && i < p.width(); ++i) {
        truth.queries(b, i) += slopes(b, k) * p.catalogue(p.candidates(b, k), i);
        truth.rows(b * n + k, i) = slopes(b, k) * p.queries(b, i);
      }
  check_near(actual.queries, truth.queries);
  check_near(actual.rows, truth.rows);
}

TEST_CASE_TEMPLATE("loss_and_gradients_are_those_of_evaluate_on_explicit_scores", Scalar, float, double) {
  for (const index width : {1, 8, 16, 19, 64})
    for (const index candidates : {2, 5, 130}) {
      const problem<Scalar> p(53, candidates, 200, width);
      const auto reference = random_scores<Scalar>(53, candidates, 1, 4);
      check_against_evaluate<Scalar>(prefopt::s_dpo(), p, p.batch({.reference = reference}),
                                     {.reference = reference});
    }
}

TEST_CASE("what_else_an_objective_reads_goes_with_its_examples") {
  const problem<float> p(700, 6, 90, 12);  // several slabs
  auto weights = random_scores<float>(1, 700, 1, 5);
  for (float& weight : weights.values()) weight = std::abs(weight);
  const matrix<std::int32_t> counts(700, 1, 3);
  const matrix<float> beta(700, 1, 0.7f);
  matrix<std::int32_t> order(700, 6);
  for (index b = 0; b < 700; ++b)
    for (index k = 0; k < 6; ++k) order(b, k) = static_cast<std::int32_t>((k + b) % 6);
  const prefopt::batch<float> all{.counts = counts, .beta = beta, .weights = weights},
      ordered{.order = order};
  for (const reduction how : {reduction::mean, reduction::weighted_mean, reduction::sum, reduction::none})
    check_against_evaluate<float>(prefopt::s_dpo(), p, p.batch(all), all, how);
  check_against_evaluate<float>(prefopt::plackett_luce(), p, p.batch(ordered), ordered);
}

TEST_CASE("a_reference_may_have_vectors_of_its_own") {
  const problem<float> p(40, 9, 90, 12);
  const auto queries = random_scores<float>(40, 7, 1, 6), catalogue = random_scores<float>(90, 7, 1, 7);
  const matrix<float> reference = scores_of(queries, catalogue, p.candidates);
  prefopt::candidate_batch<float> batch = p.batch();
  batch.reference_queries = queries;
  batch.reference_catalogue = catalogue;
  check_against_evaluate<float>(prefopt::s_dpo(), p, batch, {.reference = reference});
}

TEST_CASE("a_negative_id_masks_a_candidate") {
  problem<float> p(40, 9, 90, 12);
  for (index b = 0; b < 40; ++b) p.candidates(b, 1 + b % 8) = -1;
  check_against_evaluate<float>(prefopt::softmax(), p, p.batch(), {});
  const outcome<float> out = run(prefopt::softmax(), p, p.batch(), {}, 5.0f);
  for (index i = 0; i < 12; ++i) CHECK(out.rows(1, i) == 0);  // example 0, candidate 1
}

TEST_CASE("tensors_may_have_any_strides") {
  const problem<float> p(30, 7, 50, 20);
  const auto turned = [](const matrix<float>& m) {
    matrix<float> result(m.columns(), m.rows());
    for (index i = 0; i < m.rows(); ++i)
      for (index k = 0; k < m.columns(); ++k) result(k, i) = m(i, k);
    return result;
  };
  const auto seen = [](auto& m) {
    const auto view = prefopt::view(m);
    return decltype(view){view.data, view.columns, view.rows, view.column_stride, view.row_stride};
  };
  const auto queries = turned(p.queries), catalogue = turned(p.catalogue);
  const outcome<float> expected = run(prefopt::softmax(), p, p.batch());
  matrix<float> query_gradient(20, 30), rows(20, 210);
  const auto query_view = seen(query_gradient), row_view = seen(rows);
  evaluate_candidates<float>(
      prefopt::softmax(),
      {.queries = seen(queries), .catalogue = seen(catalogue), .candidates = p.candidates},
      {.queries = query_view, .rows = row_view});
  check_near(turned(query_gradient), expected.queries);
  check_near(turned(rows), expected.rows);
}

TEST_CASE("gradients_overwrite_or_accumulate_and_may_be_left_out") {
  const problem<float> p(70, 9, 90, 20);
  const outcome<float> written = run(prefopt::softmax(), p, p.batch(), {}, 9.0f);
  CHECK(written == run(prefopt::softmax(), p, p.batch()));
  const outcome<float> added = run(prefopt::softmax(), p, p.batch(), {.accumulate = true}, 9.0f);
  for (std::size_t i = 0; i < written.rows.values().size(); ++i)
    CHECK(added.rows.values()[i] == 9.0f + written.rows.values()[i]);
  for (std::size_t i = 0; i < written.queries.values().size(); ++i)
    CHECK(added.queries.values()[i] == 9.0f + written.queries.values()[i]);
  CHECK(evaluate_candidates<float>(prefopt::softmax(), p.batch()).loss == written.result.loss);
  outcome<float> apart(p);
  evaluate_candidates<float>(prefopt::softmax(), p.batch(), {.rows = apart.rows});
  evaluate_candidates<float>(prefopt::softmax(), p.batch(), {.queries = apart.queries});
  CHECK(apart.rows == written.rows);
  CHECK(apart.queries == written.queries);
}

TEST_CASE("large_gradients_are_streamed_to_the_same_numbers") {
  const problem<float> p(600, 33, 5000, 64);  // over a million numbers
  outcome<float> out(p), plain(p);
  // One float off a pack's boundary, nothing is streamed.
  std::vector<float> memory(out.rows.values().size() + 65);
  float* place = memory.data();
  while (reinterpret_cast<std::uintptr_t>(place) % 64 != 0) ++place;
  const prefopt::matrix_view<float> aligned{place, out.rows.rows(), 64, 64, 1},
      shifted{place + 1, out.rows.rows(), 64, 64, 1};
  evaluate_candidates<float>(prefopt::softmax(), p.batch(), {.rows = aligned});
  std::copy_n(aligned.data, out.rows.values().size(), out.rows.values().begin());
  evaluate_candidates<float>(prefopt::softmax(), p.batch(), {.rows = shifted});
  std::copy_n(shifted.data, plain.rows.values().size(), plain.rows.values().begin());
  CHECK(out.rows == plain.rows);
}

// ---- rows of the same item

TEST_CASE_TEMPLATE("rows_of_the_same_item_are_added_up", Scalar, float, double) {
  for (const index items : {3, 50, 5000}) {
    problem<Scalar> p(150, 9, items, 20);
    p.candidates(7, 3) = -1;
    const outcome<Scalar> apart = run(prefopt::softmax(), p, p.batch());
    const index most = std::min<index>(150 * 9, items);
    matrix<Scalar> rows(most, 20);
    matrix<std::int32_t> ids(most, 1);
    const auto result =
        evaluate_candidates<Scalar>(prefopt::softmax(), p.batch(), {.rows = rows, .items = ids});
    matrix<Scalar> expected(items, 20), actual(items, 20);
    std::vector<bool> present(static_cast<std::size_t>(items));
    for (index place = 0; place < 150 * 9; ++place) {
      const std::int32_t item = p.candidates.values()[static_cast<std::size_t>(place)];
      if (item < 0) continue;
      present[static_cast<std::size_t>(item)] = true;
      for (index i = 0; i < 20; ++i) expected(item, i) += apart.rows(place, i);
    }
    CHECK(result.items == std::count(present.begin(), present.end(), true));
    for (index row = 0; row < result.items; ++row) {
      CHECK((row == 0 || ids(row - 1) < ids(row)));
      for (index i = 0; i < 20; ++i) actual(ids(row), i) = rows(row, i);
    }
    check_near(actual, expected);
  }
}

// ---- executors

TEST_CASE("no_executor_changes_a_bit") {
  const problem<float> p(1500, 20, 300, 20);
  const auto run_with = [&](const prefopt::executor& executor) {
    return run(prefopt::s_dpo(), p, p.batch(), {.executor = executor});
  };
  const outcome<float> expected = run_with({});
  for (const std::size_t tasks : {2u, 3u, 100u}) {
    CAPTURE(tasks);
    CHECK(run_with(one_thread_each(tasks)) == expected);
  }
  prefopt::candidate_workspace<float> workspace;
  CHECK(run(prefopt::s_dpo(), p, p.batch(), {.workspace = &workspace}) == expected);
}

// ---- errors

/// What a call with a changed problem says.
template <class Change>
std::string text_of(const Change& change) {
  problem<float> p(300, 4, 60, 5);
  prefopt::candidate_batch<float> batch = p.batch();
  change(p, batch);
  return error_text([&] { run(prefopt::softmax(), p, batch); });
}

TEST_CASE("what_makes_no_sense_is_refused") {
  const matrix<float> other(60, 6);
  const matrix<std::int32_t> few(299, 4);
  CHECK(text_of([](auto&, auto& b) { b.queries = {}; }) ==
        "evaluate_candidates: queries is absent, expected [B, d] vectors");
  CHECK(text_of([](auto&, auto& b) { b.catalogue = {}; }) ==
        "evaluate_candidates: catalogue is absent, expected [V, d] vectors");
  CHECK(text_of([](auto&, auto& b) { b.candidates = {}; }) ==
        "evaluate_candidates: candidates is absent, expected [B, 1 + K] items");
  CHECK(text_of([&](auto&, auto& b) { b.catalogue = other; }) ==
        "evaluate_candidates: catalogue is [60, 6], expected [V, 5] (the columns of queries)");
  CHECK(text_of([&](auto&, auto& b) { b.candidates = few; }) ==
        "evaluate_candidates: candidates is [299, 4], expected [300, 1 + K] (the rows of queries)");
  CHECK(text_of([&](auto&, auto& b) { b.inputs.policy = other; }) ==
        "evaluate_candidates: inputs.policy is given, but the scores come from queries and catalogue");
  CHECK(text_of([&](auto&, auto& b) { b.reference_queries = other; }) ==
        "evaluate_candidates: reference_queries and reference_catalogue come together, but one is absent");
  CHECK(text_of([](auto& p, auto&) { p.candidates(299, 3) = 60; }) ==
        "evaluate_candidates: candidates[299, 3] is 60, expected an item in [0, 60)");
  CHECK(text_of([](auto& p, auto&) { p.candidates(2, 0) = -1; }) ==
        "evaluate_candidates: candidates[2, 0] is -1, expected an item: the preferred one cannot be masked");
  const problem<float> p(10, 4, 60, 5);
  matrix<float> rows(40, 5), short_rows(10, 20);
  matrix<std::int32_t> items(40, 1);
  CHECK(error_text([&] {
          evaluate_candidates<float>(prefopt::softmax(), p.batch(), {.rows = short_rows});
        }) == "evaluate_candidates: the gradient's rows is [10, 20], expected [40, 5]");
  CHECK(error_text([&] { evaluate_candidates<float>(prefopt::softmax(), p.batch(), {.items = items}); }) ==
        "evaluate_candidates: the gradient's rows is absent, but items is given");
  CHECK(error_text([&] {
          evaluate_candidates<float>(prefopt::softmax(), p.batch(), {.rows = rows, .items = items},
                                     {.accumulate = true});
        }) == "evaluate_candidates: accumulate is set, but rows of different items cannot be added to");
}

TEST_CASE("what_evaluate_refuses_is_refused_with_its_words") {
  const matrix<float> narrow(300, 3);
  CHECK(text_of([&](auto&, auto& b) { b.inputs.reference = narrow; }) ==
        "evaluate: reference is [300, 3], expected [300, 4] (the shape of policy)");
}

TEST_CASE("a_score_that_is_not_finite_is_named_skipped_or_computed_with") {
  problem<float> p(300, 4, 60, 5);
  for (std::int32_t& item : p.candidates.values()) item = item % 59;
  p.candidates(280, 2) = 59;
  p.catalogue(59, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK(error_text([&] { run(prefopt::softmax(), p, p.batch()); }) ==
        "evaluate_candidates: the score of candidates[280, 2], item 59, is nan, expected a finite value");
  const outcome<float> skipped =
      run(prefopt::softmax(), p, p.batch(), {.non_finite = prefopt::non_finite::skip});
  CHECK(skipped.result.skipped == 1);
  CHECK(skipped.result.examples == 299);
  CHECK(std::isfinite(skipped.result.loss));
  CHECK(skipped.losses[280] == 0);
  for (index i = 0; i < 5; ++i) CHECK(skipped.queries(280, i) == 0);
  p.queries(3, 0) = std::numeric_limits<float>::infinity();
  outcome<float> two(p);
  matrix<float> rows(60, 5);
  matrix<std::int32_t> items(60, 1);
  const auto result = evaluate_candidates<float>(prefopt::softmax(), p.batch(),
                                                 {.queries = two.queries, .rows = rows, .items = items},
                                                 {.non_finite = prefopt::non_finite::skip});
  CHECK(result.skipped == 2);
  for (const float slope : two.queries.values()) CHECK(std::isfinite(slope));
  for (const float slope : rows.values()) CHECK(std::isfinite(slope));
  const outcome<float> apart =
      run(prefopt::softmax(), p, p.batch(), {.non_finite = prefopt::non_finite::skip});
  for (const float slope : apart.rows.values()) CHECK(std::isfinite(slope));
  const outcome<float> computed =
      run(prefopt::softmax(), p, p.batch(), {.non_finite = prefopt::non_finite::propagate});
  CHECK(std::isnan(computed.result.loss));
}

}  // namespace
