#include "every_recipe.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "support/allocation_counter.hpp"
#include "support/matrix.hpp"
#include "support/thread_executor.hpp"

/// \file
/// What the engine promises of any objective, for each recipe of the list: no executor changes a bit, the second call
/// allocates nothing, tensors may lie in memory either way.

namespace {

using prefopt::index;
using prefopt::inputs;
using prefopt::losses::rejected;
using test::any_recipe;
using test::matrix;

std::vector<any_recipe> every_recipe() {
  std::vector<any_recipe> all;
  for (const auto family : {test::pairwise_family, test::adaptive_family, test::several_family,
                            test::reference_free_family, test::unpaired_family, test::listwise_family,
                            test::general_preference_family, test::recommender_family})
    for (const any_recipe& one : family()) all.push_back(one);
  return all;
}

enum class layout { rows, columns };

/// A matrix in one of two layouts, the same through its `view`.
template <class Scalar>
class table {
 public:
  table(index rows, index columns, layout how)
      : memory_(how == layout::rows ? rows : columns, how == layout::rows ? columns : rows), how_(how) {}

  prefopt::matrix_view<Scalar> view() {
    const auto laid = prefopt::tensor_traits<matrix<Scalar>>::view(memory_);
    if (how_ == layout::rows) return laid;
    return {laid.data, laid.columns, laid.rows, laid.column_stride, laid.row_stride};
  }
  template <class Function>
  void fill(const Function& value) {
    const auto mine = view();
    for (index b = 0; b < mine.rows; ++b)
      for (index k = 0; k < mine.columns; ++k) mine(b, k) = static_cast<Scalar>(value(b, k));
  }

 private:
  matrix<Scalar> memory_;
  layout how_;
};

/// Random log-probabilities, and whatever else a recipe reads.
class examples {
 public:
  examples(const prefopt::recipe_facts& facts, index rows, index candidates, layout how)
      : facts_(facts),
        policy_(rows, candidates * facts.components, how),
        reference_(rows, candidates, how),
        relevance_(rows, candidates, how),
        lengths_(rows, candidates, how),
        numbers_(rows, 1, how),
        order_(rows, candidates, how) {
    std::mt19937_64 generator(7);
    const auto uniform = [&](index, index) { return static_cast<double>(generator() >> 11) * 0x1p-53; };
    const auto log_probability = [&](index b, index k) { return -0.01 - 6 * uniform(b, k); };
    policy_.fill(log_probability);
    reference_.fill(log_probability);
    relevance_.fill([&](index, index k) {
      const auto grade = static_cast<int>(generator() % 4);
      return facts.graded ? grade - (k > 0) : grade % 2;  // −1 masks a candidate
    });
    lengths_.fill([&](index, index) { return 1 + generator() % 9; });
    numbers_.fill([&](index b, index k) { return 0.5 + uniform(b, k); });
    order_.fill([&](index b, index k) { return (k + b) % candidates; });
  }

  /// The last candidate of every seventh row; vectors are never masked.
  void mask_some() {
    if (facts_.components > 1) return;
    const auto policy = policy_.view();
    for (index b = 0; b < policy.rows; b += 7)
      policy(b, policy.columns - 1) = -std::numeric_limits<double>::infinity();
  }
  /// The first candidate of every 700th row.
  index break_some() {
    const auto policy = policy_.view();
    index count = 0;
    for (index b = 3; b < policy.rows; b += 700, ++count)
      policy(b, 0) = std::numeric_limits<double>::quiet_NaN();
    return count;
  }

  prefopt::batch<double> batch() {
    const auto given = [&](inputs one) { return contains(facts_.reads, one); };
    prefopt::batch<double> result{.policy = policy_.view()};
    if (facts_.reads_reference) result.reference = reference_.view();
    if (facts_.ordered) result.order = order_.view();
    if (given(inputs::relevance)) result.relevance = relevance_.view();
    if (given(inputs::lengths)) result.lengths = lengths_.view();
    if (given(inputs::log_q)) result.log_q = reference_.view();
    if (given(inputs::kl)) result.kl = numbers_.view();
    if (given(inputs::beta)) result.beta = numbers_.view();
    if (given(inputs::hardness)) result.hardness = numbers_.view();
    return result;
  }

 private:
  const prefopt::recipe_facts facts_;
  table<double> policy_, reference_, relevance_, lengths_, numbers_;
  table<std::int32_t> order_;
};

index candidates_of(const any_recipe& recipe, index several) {
  return recipe.facts.negatives == rejected::one ? 2 : several;
}

struct outcome {
  std::vector<double> statistics;
  table<double> gradient, losses;
};

outcome run(const any_recipe& recipe, examples& data, layout how, const prefopt::executor& executor = {}) {
  const prefopt::batch<double> batch = data.batch();
  const index rows = batch.policy->rows;
  outcome out{{}, {rows, batch.policy->columns, how}, {rows, 1, how}};
  const prefopt::result said = recipe.run(
      batch, out.gradient.view(),
      {.losses = out.losses.view(), .non_finite = prefopt::non_finite::skip, .executor = executor});
  out.statistics = {said.loss,
                    said.chosen_reward,
                    said.rejected_reward,
                    said.accuracy,
                    said.margin,
                    said.hardest_margin,
                    said.mean_beta,
                    static_cast<double>(said.examples),
                    static_cast<double>(said.skipped)};
  return out;
}

/// The largest |x − y| / (1 + |y|); infinite where one of them is no number.
double difference(outcome& x, outcome& y) {
  double worst = 0;
  const auto compare = [&](double a, double b) {
    const double error = std::abs(a - b) / (1 + std::abs(b));
    if (!(error <= worst)) worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
  };
  const auto compare_tables = [&](const auto& a, const auto& b) {
    for (index i = 0; i < a.rows; ++i)
      for (index j = 0; j < a.columns; ++j) compare(a(i, j), b(i, j));
  };
  for (std::size_t i = 0; i < x.statistics.size(); ++i) compare(x.statistics[i], y.statistics[i]);
  compare_tables(x.gradient.view(), y.gradient.view());
  compare_tables(x.losses.view(), y.losses.view());
  return worst;
}

double size_of_gradient(outcome& x) {
  double total = 0;
  const auto gradient = x.gradient.view();
  for (index b = 0; b < gradient.rows; ++b)
    for (index k = 0; k < gradient.columns; ++k) total += std::abs(gradient(b, k));
  return total;
}

TEST_CASE("all_recipes_of_the_list_are_here") {
  std::size_t listed = 0;
  prefopt::for_each_recipe([&](const auto&) { ++listed; });
  CHECK(every_recipe().size() == listed);
}

TEST_CASE("no_number_of_threads_changes_a_bit_of_any_recipe") {
  for (const any_recipe& recipe : every_recipe()) {
    CAPTURE(recipe.id);
    // Several chunks, the last of them not full, and enough scores for a second thread.
    const index candidates = candidates_of(recipe, 8), rows = (candidates == 2 ? 17'003 : 4'111);
    examples data(recipe.facts, rows, candidates, layout::rows);
    data.mask_some();
    const index broken = data.break_some();
    outcome alone = run(recipe, data, layout::rows);
    CHECK(alone.statistics.back() == static_cast<double>(broken));
    CHECK(size_of_gradient(alone) > 0);
    for (const std::size_t threads : {1u, 2u, 7u}) {
      CAPTURE(threads);
      outcome shared = run(recipe, data, layout::rows, one_thread_each(threads));
      CHECK(difference(shared, alone) == 0);
    }
  }
}

void check_steady_state(const any_recipe& recipe, index rows, index several) {
  CAPTURE(recipe.id);
  CAPTURE(rows);
  const index candidates = candidates_of(recipe, several);
  examples data(recipe.facts, rows, candidates, layout::rows);
  data.mask_some();
  const prefopt::batch<double> batch = data.batch();
  table<double> gradient(rows, candidates * recipe.facts.components, layout::rows);
  const auto work = [&] { recipe.run(batch, gradient.view(), {}); };
  work();
  CHECK(test::cost_of(work).allocations == 0);
}

TEST_CASE("the_second_call_of_any_recipe_allocates_nothing") {
  CHECK(test::cost_of([] { matrix<double>(3, 4); }).allocations == 1);
  for (const any_recipe& recipe : every_recipe()) {
    check_steady_state(recipe, 1, 2);
    check_steady_state(recipe, 47, 300);
    check_steady_state(recipe, 1000, 8);
  }
}

TEST_CASE("matrices_by_rows_and_by_columns_are_the_same_to_any_recipe") {
  for (const any_recipe& recipe : every_recipe())
    for (const bool masked : {false, true})
      for (const index several : {2, 8, 300}) {
        CAPTURE(recipe.id);
        CAPTURE(masked);
        CAPTURE(several);
        const index candidates = candidates_of(recipe, several), rows = 61;
        examples data(recipe.facts, rows, candidates, layout::rows),
            turned(recipe.facts, rows, candidates, layout::columns);
        if (masked) data.mask_some(), turned.mask_some();
        outcome by_rows = run(recipe, data, layout::rows), by_columns = run(recipe, turned, layout::columns);
        CHECK(size_of_gradient(by_rows) > 0);
        // Not bit for bit: rows that lie across the lanes are summed in another order.
        CHECK(difference(by_rows, by_columns) < 1e-11);
      }
}

}  // namespace
