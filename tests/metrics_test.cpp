#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/metrics.hpp>

#include "support/error_text.hpp"

using doctest::Approx;
using prefopt::rank_among;
using prefopt::rank_in_catalogue;
using prefopt::ranking;
using prefopt::ranking_metrics;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();
using floats = std::vector<float>;

ranking_metrics of(std::initializer_list<ranking> rankings) {
  ranking_metrics metrics;
  for (const ranking& one : rankings) metrics.add(one);
  return metrics;
}

}  // namespace

TEST_CASE("the rank counts the candidates that are not below the target") {
  CHECK(rank_among(0.5F, floats{0.1F, 0.9F, 0.4F, 0.6F}) == ranking{3, 5});
  CHECK(rank_among(1.0F, floats{0.1F}) == ranking{1, 2});
  CHECK(rank_among(1.0F, floats{}) == ranking{1, 1});
  CHECK(rank_among(0.5, std::array{0.1, 0.7}) == ranking{2, 3});
}

TEST_CASE("a target ranks after everything that has its score") {
  CHECK(rank_among(0.5F, floats{0.5F, 0.5F, 0.1F}) == ranking{3, 4});
  CHECK(rank_among(0.0F, floats{-0.0F}) == ranking{2, 2});
  CHECK(rank_among(-infinity, floats{-infinity, 0}) == ranking{3, 3});
  CHECK(rank_among(infinity, floats{infinity, 0}) == ranking{2, 3});
}

TEST_CASE("a candidate that is NaN ranks before the target, a target that is NaN ranks last") {
  CHECK(rank_among(0.5F, floats{not_a_number, 0.1F}) == ranking{2, 3});
  CHECK(rank_among(not_a_number, floats{0.5F, -infinity, not_a_number}) == ranking{4, 4});
}

TEST_CASE("full ranking leaves the excluded items out") {
  const floats scores{0.9F, 0.5F, 0.7F, 0.5F, 0.1F, not_a_number};
  CHECK(rank_in_catalogue(scores, 1) == ranking{5, 6});
  CHECK(rank_in_catalogue(scores, 0) == ranking{2, 6});
  CHECK(rank_in_catalogue(scores, 5) == ranking{6, 6});
  CHECK(rank_in_catalogue(scores, 1, std::vector<std::int32_t>{0, 3, 4, 5}) == ranking{2, 2});
  CHECK(rank_in_catalogue(scores, 5, std::vector<std::int32_t>{0, 4}) == ranking{4, 4});
  CHECK(rank_in_catalogue(scores, 1, std::vector<std::int32_t>{0, 2, 3, 4, 5}) == ranking{1, 1});
}

TEST_CASE("an excluded item counts once, and the target takes part even if it is excluded") {
  const floats scores{0.9F, 0.5F, 0.7F};
  CHECK(rank_in_catalogue(scores, 1, std::vector<std::int32_t>{0, 0, 0}) == ranking{2, 2});
  CHECK(rank_in_catalogue(scores, 1, std::vector<std::int32_t>{0, 1, 1}) == ranking{2, 2});
}

TEST_CASE("full ranking is ranking against the other items one by one") {
  std::mt19937 random(1);
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<double> scores(1 + random() % 40);
    for (double& score : scores)
      score = random() % 12 == 0 ? not_a_number : static_cast<double>(random() % 10);
    const auto target = static_cast<std::int32_t>(random() % scores.size());
    std::vector<std::int32_t> excluded;
    std::vector<double> others;
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(scores.size()); ++i)
      if (random() % 3 == 0)
        excluded.push_back(i);
      else if (i != target)
        others.push_back(scores[static_cast<std::size_t>(i)]);
    REQUIRE(rank_in_catalogue(std::span<const double>(scores), target, excluded) ==
            rank_among(scores[static_cast<std::size_t>(target)], others));
  }
}

TEST_CASE("metrics are the means of their formulas") {
  const ranking_metrics metrics = of({{1, 101}, {3, 11}, {10, 11}, {50, 101}});
  CHECK(metrics.size() == 4);
  CHECK(metrics.hit_rate(1) == 0.25);
  CHECK(metrics.hit_rate(2) == 0.25);
  CHECK(metrics.hit_rate(3) == 0.5);
  CHECK(metrics.hit_rate(10) == 0.75);
  CHECK(metrics.hit_rate(1000) == 1);
  CHECK(metrics.ndcg(1) == 0.25);
  CHECK(metrics.ndcg(3) == Approx((1 + 0.5) / 4));
  CHECK(metrics.ndcg(10) == Approx((1 + 0.5 + 1 / std::log2(11)) / 4));
  CHECK(metrics.ndcg(50) == Approx((1 + 0.5 + 1 / std::log2(11) + 1 / std::log2(51)) / 4));
  CHECK(metrics.mrr() == Approx((1 + 1 / 3. + 1 / 10. + 1 / 50.) / 4));
  CHECK(metrics.auc() == Approx((1 + 0.8 + 0.1 + 0.51) / 4));
}

TEST_CASE("first and last are the ends of every metric") {
  const ranking_metrics first = of({{1, 1000}}), last = of({{1000, 1000}}), alone = of({{1, 1}});
  CHECK(first.auc() == 1);
  CHECK(first.mrr() == 1);
  CHECK(first.ndcg(1) == 1);
  CHECK(last.auc() == 0);
  CHECK(last.hit_rate(999) == 0);
  CHECK(last.mrr() == 0.001);
  CHECK(alone.auc() == 1);
}

TEST_CASE("metrics that were collected apart add up") {
  ranking_metrics parts = of({{1, 101}, {3, 11}});
  parts.add(of({}));
  parts.add(of({{10, 11}, {50, 101}}));
  const ranking_metrics whole = of({{1, 101}, {3, 11}, {10, 11}, {50, 101}});
  CHECK(parts.size() == 4);
  CHECK(parts.ndcg(10) == whole.ndcg(10));
  CHECK(parts.auc() == whole.auc());
}

TEST_CASE("metrics name what makes no sense") {
  const floats scores{1, 2, 3};
  const auto error_of = [&](std::int32_t target, const std::vector<std::int32_t>& excluded) {
    return error_text([&] { rank_in_catalogue(scores, target, excluded); });
  };
  CHECK(error_of(3, {}) ==
        "rank_in_catalogue: target is 3, expected at least 0 and below 3 (the number of scores)");
  CHECK(error_of(-1, {}) ==
        "rank_in_catalogue: target is -1, expected at least 0 and below 3 (the number of scores)");
  CHECK(error_of(0, {1, 3}) ==
        "rank_in_catalogue: an excluded item is 3, expected at least 0 and below 3 (the number of scores)");
  CHECK(error_of(0, {2, 1}) == "rank_in_catalogue: excluded is not sorted, expected ascending items");

  CHECK(error_text([] {
          of({{0, 5}});
        }) == "ranking_metrics::add: rank is 0, expected 1 to 5 (the number of candidates)");
  CHECK(error_text([] {
          of({{6, 5}});
        }) == "ranking_metrics::add: rank is 6, expected 1 to 5 (the number of candidates)");
  CHECK(error_text([] { of({{1, 5}}).hit_rate(0); }) == "hit_rate: k is 0, expected at least 1");
  CHECK(error_text([] { of({{1, 5}}).ndcg(-2); }) == "ndcg: k is -2, expected at least 1");
  CHECK(error_text([] { of({}).hit_rate(5); }) == "hit_rate: no ranking was added, expected at least one");
  CHECK(error_text([] { of({}).ndcg(5); }) == "ndcg: no ranking was added, expected at least one");
  CHECK(error_text([] { of({}).mrr(); }) == "mrr: no ranking was added, expected at least one");
  CHECK(error_text([] { of({}).auc(); }) == "auc: no ranking was added, expected at least one");
}
