#include "candidate_inputs.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include <prefopt/eigen.hpp>
#include <prefopt/hardness/hars_hardness.hpp>

#include "candidate_loss.hpp"

namespace sasrec {

void scoring::operator()(const candidate_matrix& candidates, matrix& scores) const {
  candidate_scores(queries, items, candidates, scores);
  if (normalisers != nullptr) scores.colwise() -= normalisers->col(0);
}

candidate_matrix order_by(const matrix& reference_scores) {
  candidate_matrix order(reference_scores.rows(), reference_scores.cols());
  for (Index t = 0; t < order.rows(); ++t) {
    const auto row = std::span(order.row(t).data(), static_cast<std::size_t>(order.cols()));
    std::iota(row.begin(), row.end(), 0);
    std::stable_sort(row.begin() + 1, row.end(), [&](std::int32_t a, std::int32_t b) {
      return reference_scores(t, a) > reference_scores(t, b);
    });
  }
  return order;
}

matrix grades_of(const candidate_matrix& candidates) {
  matrix grades = matrix::Zero(candidates.rows(), candidates.cols());
  grades.col(0).setOnes();
  for (Index t = 0; t < grades.rows(); ++t)
    for (Index c = 1; c < grades.cols(); ++c)
      if (candidates(t, c) < 0) grades(t, c) = -1;
  return grades;
}

candidate_matrix mismatched_targets(const training_shard& shard) {
  const std::size_t count = shard.targets.size();
  candidate_matrix others(static_cast<Index>(count), 1);
  for (std::size_t t = 0; t < count; ++t)
    others(static_cast<Index>(t), 0) = shard.targets[(t + count / 2) % count];
  return others;
}

hardness_table::hardness_table(const matrix& items) {
  constexpr prefopt::index neighbours = 10;
  const prefopt::index count = items.rows(), width = items.cols();
  if (count > hardness_limit || count < 2) return;
  const std::vector<double> vectors = prefopt::fuse_embeddings<float>(items);
  neighbours_ =
      prefopt::nearest_items(prefopt::as_matrix(vectors, count, width), std::min(neighbours, count - 1));
}

matrix hardness_table::of(const candidate_matrix& candidates) const {
  if (!neighbours_) return matrix::Ones(candidates.rows(), 1);
  const auto target = candidates.leftCols(1), rejected = candidates.rightCols(candidates.cols() - 1);
  const std::vector<double> deltas =
      prefopt::hars_deltas(*neighbours_, prefopt::view(target), prefopt::view(rejected));
  const std::vector<double> hardness = prefopt::hars_hardness(deltas);
  return Eigen::Map<const Eigen::VectorXd>(hardness.data(), candidates.rows()).cast<float>();
}

}  // namespace sasrec
