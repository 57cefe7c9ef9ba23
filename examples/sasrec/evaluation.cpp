#include "evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "parallel.hpp"

namespace sasrec {
namespace {

/// Where a target came in, 1 being first, among how many candidates (itself included).
struct place {
  std::int64_t rank = 0;
  std::int64_t candidates = 0;
};

/// How many of `items` rank before something scored `target`. Written as "not below": a tie and a NaN count
/// against the recommender.
template <class Items>
std::int64_t count_not_below(const Items& items, const float* scores, float target) {
  return std::count_if(items.begin(), items.end(),
                       [&](std::int32_t item) { return !(scores[item] < target); });
}

place place_among(const std::vector<std::int32_t>& candidates, const float* scores, float target) {
  return {count_not_below(candidates, scores, target), static_cast<std::int64_t>(candidates.size())};
}

/// Histories are short and catalogues long: count over the catalogue and take the history back out.
place place_in_catalogue(const item_span history, const float* scores, std::int32_t items, float target) {
  const auto not_below = std::count_if(scores, scores + items, [&](float score) { return !(score < target); });
  return {not_below - count_not_below(history, scores, target),
          items - static_cast<std::int64_t>(history.size())};
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

/// Scores the cases block by block (one matrix product each) and places every target with
/// `place_one(case, scores of the catalogue)`.
template <class PlaceOne>
std::vector<place> place_targets(const scorer& score, std::span<const ranking_case> cases, std::int32_t items,
                                 int threads, const PlaceOne& place_one) {
  // At most 16 MB of scores for each thread; a block's size depends on nothing else, so neither do the scores.
  constexpr std::size_t most_scores = std::size_t{1} << 22;
  const std::size_t block = std::clamp<std::size_t>(most_scores / static_cast<std::size_t>(items), 1, 128);
  const std::size_t blocks = (cases.size() + block - 1) / block;
  std::vector<place> places(cases.size());
  parallel_for(static_cast<Index>(blocks), threads, [&](Index task) {
    const std::size_t first = static_cast<std::size_t>(task) * block;
    const std::size_t last = std::min(first + block, cases.size());
    matrix scores;
    score(cases.subspan(first, last - first), scores);
    for (std::size_t c = first; c < last; ++c)
      places[c] = place_one(c, scores.row(static_cast<Index>(c - first)).data());
  });
  return places;
}

ranking_metrics mean_over(const std::vector<place>& places) {
  ranking_metrics mean{.cases = places.size()};
  for (const place& p : places) {
    const double gain = 1 / std::log2(1 + static_cast<double>(p.rank));
    for (std::size_t k = 0; k < hit_rate_cutoffs.size(); ++k) mean.hit_rate[k] += p.rank <= hit_rate_cutoffs[k];
    for (std::size_t k = 0; k < ndcg_cutoffs.size(); ++k) mean.ndcg[k] += p.rank <= ndcg_cutoffs[k] ? gain : 0;
    mean.mrr += 1 / static_cast<double>(p.rank);
    mean.auc += p.candidates > 1
                    ? static_cast<double>(p.candidates - p.rank) / static_cast<double>(p.candidates - 1)
                    : 1;
  }
  const auto count = static_cast<double>(places.size());
  for (double& value : mean.hit_rate) value /= count;
  for (double& value : mean.ndcg) value /= count;
  mean.mrr /= count;
  mean.auc /= count;
  return mean;
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
  return mean_over(place_targets(score, cases, items, threads, [&](std::size_t c, const float* scores) {
    return place_in_catalogue(cases[c].history, scores, items, scores[cases[c].target]);
  }));
}

ranking_metrics evaluate_among(const scorer& score, std::span<const ranking_case> cases,
                               std::span<const std::vector<std::int32_t>> candidates, std::int32_t items,
                               int threads) {
  check(cases);
  for (std::size_t c = 0; c < cases.size(); ++c)
    if (std::find(candidates[c].begin(), candidates[c].end(), cases[c].target) == candidates[c].end())
      throw std::invalid_argument(
          fmt::format("evaluation: target {} is not among its candidates", cases[c].target));
  return mean_over(place_targets(score, cases, items, threads, [&](std::size_t c, const float* scores) {
    return place_among(candidates[c], scores, scores[cases[c].target]);
  }));
}

}  // namespace sasrec
