#include "evaluation.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

using namespace sasrec;

namespace {

using items = std::vector<std::int32_t>;

/// The same scores for every case.
scorer always(const std::vector<float>& scores) {
  return [scores](std::span<const ranking_case> cases, matrix& out) {
    out = Eigen::Map<const Eigen::RowVectorXf>(scores.data(), static_cast<Index>(scores.size()))
              .replicate(static_cast<Index>(cases.size()), 1);
  };
}

const float not_a_number = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("full ranking gives the metrics computed by hand") {
  // Items 0 .. 5 rank 3, 1, 5, 0, 4, 2.
  const scorer score = always({3, 5, 1, 6, 2, 4});
  const items knows_3{3}, knows_1_3{1, 3};
  // Outside {3}: 1, 5, 0, 4, 2 -> item 0 is third of 5. Outside {1, 3}: 5, 0, 4, 2 -> item 2 is last of 4.
  const std::vector<ranking_case> cases{{knows_3, 0}, {knows_1_3, 2}};
  const ranking_metrics m = evaluate_full(score, cases, 6, 1);
  CHECK(m.size() == 2);
  CHECK(m.hit_rate(1) == 0);
  CHECK(m.hit_rate(5) == 1);
  CHECK(m.hit_rate(10) == 1);
  const double gains = 1 / std::log2(4.0) + 1 / std::log2(5.0);
  CHECK(m.ndcg(5) == doctest::Approx(gains / 2));
  CHECK(m.ndcg(10) == doctest::Approx(gains / 2));
  CHECK(m.mrr() == doctest::Approx((1.0 / 3 + 1.0 / 4) / 2));
  CHECK(m.auc() == doctest::Approx((2.0 / 4 + 0.0 / 3) / 2));
}

TEST_CASE("cutoffs include the place they name") {
  std::vector<float> scores(30);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = -static_cast<float>(i);
  const items knows_29{29};
  for (const std::int32_t target : {0, 4, 5, 9, 10, 19, 20}) {
    const std::vector<ranking_case> cases{{knows_29, target}};
    const ranking_metrics m = evaluate_full(always(scores), cases, 30, 1);
    for (const int k : {1, 5, 10, 20}) {
      CHECK(m.hit_rate(k) == (target < k ? 1 : 0));
      CHECK(m.ndcg(k) == doctest::Approx(target < k ? 1 / std::log2(target + 2.0) : 0));
    }
  }
}

TEST_CASE("ties and NaN count against the recommender") {
  const items knows_0{0};
  const std::vector<ranking_case> cases{{knows_0, 2}};
  CHECK(evaluate_full(always({9, 1, 1, 1}), cases, 4, 1).mrr() == doctest::Approx(1.0 / 3));
  CHECK(evaluate_full(always({9, not_a_number, 1, 0}), cases, 4, 1).mrr() == doctest::Approx(1.0 / 2));
  CHECK(evaluate_full(always({9, 1, not_a_number, 0}), cases, 4, 1).mrr() == doctest::Approx(1.0 / 3));
  CHECK(evaluate_full(always({not_a_number, 1, 2, 0}), cases, 4, 1).mrr() == 1);
  CHECK(evaluate_full(always({1, 1, 1, 1}), cases, 4, 1).auc() == 0);
}

TEST_CASE("given candidates are ranked among themselves") {
  const scorer score = always({3, 5, 1, 6, 2, 4});
  const items knows_3{3};
  const std::vector<ranking_case> cases{{knows_3, 0}, {knows_3, 0}, {knows_3, 0}};
  const std::vector<items> candidates{{2, 0, 4}, {1, 0}, {0}};
  const ranking_metrics m = evaluate_among(score, cases, candidates, 6, 2);
  CHECK(m.hit_rate(1) == doctest::Approx(2.0 / 3));
  CHECK(m.mrr() == doctest::Approx((1 + 1.0 / 2 + 1) / 3));
  CHECK(m.auc() == doctest::Approx((1.0 + 0.0 + 1.0) / 3));
}

TEST_CASE("the result does not depend on the number of threads") {
  const model recommender(
      {.items = 300, .dim = 8, .max_length = 10, .blocks = 1, .heads = 1, .dropout = 0, .seed = 3});
  std::vector<items> histories;
  std::vector<ranking_case> cases;
  for (std::int32_t c = 0; c < 300; ++c) histories.push_back({c, (c + 7) % 300, (c * c + 1) % 300});
  for (std::int32_t c = 0; c < 300; ++c) {
    const std::int32_t target = (c + 150) % 300;
    if (histories[static_cast<std::size_t>(c)][2] != target)
      cases.push_back({histories[static_cast<std::size_t>(c)], target});
  }
  const ranking_metrics one = evaluate_full(score_by_model(recommender), cases, 300, 1);
  const ranking_metrics four = evaluate_full(score_by_model(recommender), cases, 300, 4);
  for (const int k : {1, 5, 10, 20}) {
    CHECK(one.hit_rate(k) == four.hit_rate(k));
    CHECK(one.ndcg(k) == four.ndcg(k));
  }
  CHECK(one.mrr() == four.mrr());
  CHECK(one.auc() == four.auc());
}

TEST_CASE("a model scores by inner products of queries and embeddings") {
  const model recommender(
      {.items = 5, .dim = 4, .max_length = 3, .blocks = 1, .heads = 2, .dropout = 0, .seed = 1});
  const items a{0, 1}, b{4};
  const std::vector<ranking_case> cases{{a, 2}, {b, 0}};
  matrix scores;
  score_by_model(recommender)(cases, scores);
  REQUIRE(scores.rows() == 2);
  REQUIRE(scores.cols() == 5);
  const std::vector<item_span> histories{a, b};
  const matrix queries = recommender.encode(histories);
  for (Index c = 0; c < 2; ++c)
    for (Index i = 0; i < 5; ++i)
      CHECK(scores(c, i) == doctest::Approx(queries.row(c).dot(recommender.item_embeddings().row(i))));
}

TEST_CASE("popularity scores by counts") {
  const items a{0};
  const std::vector<ranking_case> cases{{a, 2}, {a, 1}};
  matrix scores;
  score_by_popularity(std::vector<std::int64_t>{3, 0, 7})(cases, scores);
  CHECK(scores == (matrix(2, 3) << 3, 0, 7, 3, 0, 7).finished());
}

TEST_CASE("questions that make no sense are refused") {
  const scorer score = always({1, 2, 3});
  const items none, knows_0{0};
  const auto full = [&](std::vector<ranking_case> cases) { evaluate_full(score, cases, 3, 1); };
  CHECK_THROWS_WITH_AS(full({}), "evaluation: there is no case, expected at least one",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(full({{none, 1}}), "evaluation: a history is empty, expected an item",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(full({{knows_0, 0}}),
                       "evaluation: target 0 is in its own history, expected a new item",
                       std::invalid_argument);
  const std::vector<ranking_case> cases{{knows_0, 1}};
  const std::vector<items> candidates{{2}};
  CHECK_THROWS_WITH_AS(evaluate_among(score, cases, candidates, 3, 1),
                       "evaluation: target 1 is 0 times among its candidates, expected once",
                       std::invalid_argument);
}
