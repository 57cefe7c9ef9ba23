#include "evaluation.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "parallel.hpp"

namespace sasrec {
namespace {

using prefopt::ranking;

/// The items of a history, ascending.
std::vector<std::int32_t> sorted(item_span items) {
  std::vector<std::int32_t> result(items.begin(), items.end());
  std::sort(result.begin(), result.end());
  return result;
}

void check(std::span<const ranking_case> cases) {
  if (cases.empty()) throw std::invalid_argument("evaluation: there is no case, expected at least one");
  for (const ranking_case& c : cases) {
    if (c.history.empty()) throw std::invalid_argument("evaluation: a history is empty, expected an item");
    if (std::find(c.history.begin(), c.history.end(), c.target) != c.history.end())
      throw std::invalid_argument(
          fmt::format("evaluation: target {} is in its own history, expected a new item", c.target));
  }
}

/// Scores the cases block by block (one matrix product each) and ranks every target with
/// `rank_one(case, scores of the catalogue)`.
template <class RankOne>
ranking_metrics rank_targets(const scorer& score, std::span<const ranking_case> cases, std::int32_t items,
                             int threads, const RankOne& rank_one) {
  // At most 16 MB of scores for each thread; a block's size depends on nothing else, so neither do the
  // scores.
  constexpr std::size_t most_scores = std::size_t{1} << 22;
  const std::size_t block = std::clamp<std::size_t>(most_scores / static_cast<std::size_t>(items), 1, 128);
  const std::size_t blocks = (cases.size() + block - 1) / block;
  std::vector<ranking> rankings(cases.size());
  parallel_for(static_cast<Index>(blocks), threads, [&](Index task) {
    const std::size_t first = static_cast<std::size_t>(task) * block;
    const std::size_t last = std::min(first + block, cases.size());
    matrix scores;
    score(cases.subspan(first, last - first), scores);
    for (std::size_t c = first; c < last; ++c)
      rankings[c] =
          rank_one(cases[c], std::span<const float>(scores.row(static_cast<Index>(c - first)).data(),
                                                    static_cast<std::size_t>(items)));
  });
  ranking_metrics metrics;
  for (const ranking& one : rankings) metrics.add(one);
  return metrics;
}

}  // namespace

scorer score_by_model(const model& recommender) {
  return [&recommender](std::span<const ranking_case> cases, matrix& scores) {
    std::vector<item_span> histories;
    for (const ranking_case& c : cases) histories.push_back(c.history);
    scores.noalias() = recommender.encode(histories) * recommender.item_embeddings().transpose();
  };
}

scorer score_by_popularity(std::span<const std::int64_t> counts) {
  Eigen::RowVectorXf row(static_cast<Index>(counts.size()));
  for (Index i = 0; i < row.size(); ++i) row[i] = static_cast<float>(counts[static_cast<std::size_t>(i)]);
  return [row](std::span<const ranking_case> cases, matrix& scores) {
    scores = row.replicate(static_cast<Index>(cases.size()), 1);
  };
}

ranking_metrics evaluate_full(const scorer& score, std::span<const ranking_case> cases, std::int32_t items,
                              int threads) {
  check(cases);
  return rank_targets(score, cases, items, threads, [](const ranking_case& c, std::span<const float> scores) {
    return prefopt::rank_in_catalogue(scores, c.target, sorted(c.history));
  });
}

ranking_metrics evaluate_among(const scorer& score, std::span<const ranking_case> cases,
                               std::span<const std::vector<std::int32_t>> candidates, std::int32_t items,
                               int threads) {
  check(cases);
  for (std::size_t c = 0; c < cases.size(); ++c)
    if (std::count(candidates[c].begin(), candidates[c].end(), cases[c].target) != 1)
      throw std::invalid_argument(fmt::format(
          "evaluation: target {} is {} times among its candidates, expected once", cases[c].target,
          std::count(candidates[c].begin(), candidates[c].end(), cases[c].target)));
  return rank_targets(
      score, cases, items, threads, [&](const ranking_case& c, std::span<const float> scores) {
        std::vector<float> others;
        for (const std::int32_t item : candidates[static_cast<std::size_t>(&c - cases.data())])
          if (item != c.target) others.push_back(scores[static_cast<std::size_t>(item)]);
        return prefopt::rank_among(scores[static_cast<std::size_t>(c.target)], others);
      });
}

}  // namespace sasrec
