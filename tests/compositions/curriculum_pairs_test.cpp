#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/curriculum_pairs.hpp>

#include "support/error_text.hpp"

namespace {

using prefopt::curriculum_pair;
using prefopt::curriculum_pairs;
using prefopt::index;

constexpr double infinity = std::numeric_limits<double>::infinity();

curriculum_pairs pairs_of(const std::vector<double>& scores, index columns, index stages) {
  return curriculum_pairs(prefopt::as_matrix(scores, static_cast<index>(scores.size()) / columns, columns),
                          stages);
}
void check_pair(const curriculum_pair& pair, index example, index preferred, index rejected, double gap) {
  CHECK(pair.example == example);
  CHECK(pair.preferred == preferred);
  CHECK(pair.rejected == rejected);
  CHECK(pair.gap == gap);
}

}  // namespace

TEST_CASE("four_answers_in_three_stages_give_each_stage_one_pair_by_falling_gap") {
  const auto pairs = pairs_of({7, 2, 9, 5, /* next */ 1, 4, 0, 3}, 4, 3);
  REQUIRE(pairs.stages() == 3);
  for (const index stage : {0, 1, 2}) REQUIRE(pairs.size(stage) == 2);
  check_pair(pairs.pair(0, 0), 0, 2, 1, 7);
  check_pair(pairs.pair(0, 1), 1, 1, 2, 4);
  check_pair(pairs.pair(1, 0), 0, 2, 3, 4);
  check_pair(pairs.pair(1, 1), 1, 1, 0, 3);
  check_pair(pairs.pair(2, 0), 0, 2, 0, 2);
  check_pair(pairs.pair(2, 1), 1, 1, 3, 1);
}

TEST_CASE("the_first_of_the_best_is_preferred_and_its_equals_make_no_pair") {
  const auto pairs = pairs_of({3, 5, 5, 1}, 4, 2);
  REQUIRE(pairs.size(0) == 1);
  REQUIRE(pairs.size(1) == 1);
  check_pair(pairs.pair(0, 0), 0, 1, 3, 4);
  check_pair(pairs.pair(1, 0), 0, 1, 0, 2);
  CHECK(pairs_of({2, 2, 2}, 3, 1).size(0) == 0);
}

TEST_CASE("masked_candidates_and_empty_examples_make_no_pair") {
  const auto pairs =
      pairs_of({1, -infinity, 4, -infinity, -infinity, -infinity, 7, -infinity, -infinity}, 3, 2);
  CHECK(pairs.size(0) == 1);
  CHECK(pairs.size(1) == 0);
  check_pair(pairs.pair(0, 0), 0, 2, 0, 3);
}

TEST_CASE("every_pair_comes_once_and_an_example_s_gaps_fall_from_stage_to_stage") {
  std::mt19937 generator(1);
  constexpr index rows = 500, columns = 9;
  std::vector<double> scores(rows * columns);
  for (double& score : scores) score = static_cast<double>(generator() % 1000);
  for (const index stages : {1, 2, 3, 5, 8, 20}) {
    CAPTURE(stages);
    const auto pairs = pairs_of(scores, columns, stages);
    std::vector<double> last(rows, infinity);
    std::vector<int> seen(rows * columns, 0);
    index wrong = 0;
    for (index stage = 0; stage < stages; ++stage)
      for (index i = 0; i < pairs.size(stage); ++i) {
        const curriculum_pair& pair = pairs.pair(stage, i);
        const auto score = [&](index k) {
          return scores[static_cast<std::size_t>(pair.example * columns + k)];
        };
        wrong += pair.gap != score(pair.preferred) - score(pair.rejected);
        wrong += i > 0 && pairs.pair(stage, i - 1).gap < pair.gap;
        wrong += last[static_cast<std::size_t>(pair.example)] < pair.gap;
        last[static_cast<std::size_t>(pair.example)] = pair.gap;
        ++seen[static_cast<std::size_t>(pair.example * columns + pair.rejected)];
      }
    for (index b = 0; b < rows; ++b) {
      const double* row = &scores[static_cast<std::size_t>(b * columns)];
      double best = row[0];
      for (index k = 1; k < columns; ++k) best = row[k] > best ? row[k] : best;
      for (index k = 0; k < columns; ++k)
        wrong += seen[static_cast<std::size_t>(b * columns + k)] != (row[k] < best);
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("bad_scores_stages_and_places_are_refused") {
  CHECK(error_text([] { pairs_of({1, 2}, 2, 0); }) == "curriculum_pairs: stages is 0, expected at least 1");
  CHECK(error_text([] {
          pairs_of({1, 2, 3, infinity}, 2, 3);
        }) == "curriculum_pairs: scores[1, 1] is inf, expected a finite score (or -inf, to mask it)");
  CHECK(error_text([] {
          pairs_of({std::numeric_limits<double>::quiet_NaN(), 2}, 2, 3);
        }) == "curriculum_pairs: scores[0, 0] is nan, expected a finite score (or -inf, to mask it)");
  CHECK(error_text([] {
          pairs_of({1, 2}, 2, 3).size(3);
        }) == "curriculum_pairs: stage is 3, expected a value in [0, 3)");
}
