#pragma once

#include <cstdint>
#include <limits>

#include "../matrix.hpp"

/// \file
/// The output layer: it has no parameters of its own, the item embeddings serve once more.

namespace sasrec {

/// [tokens, candidates], item ids; a negative one is an empty place.
using candidate_matrix = Eigen::Matrix<std::int32_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// scores(t, c) = queries(t) . items(candidates(t, c)), and -inf, prefopt's mask, at an empty place.
template <class Scalar>
void candidate_scores(const matrix_of<Scalar>& queries, const matrix_of<Scalar>& items,
                      const candidate_matrix& candidates, matrix_of<Scalar>& scores) {
  scores.resize(candidates.rows(), candidates.cols());
  for (Index t = 0; t < candidates.rows(); ++t)
    for (Index c = 0; c < candidates.cols(); ++c) {
      const Index item = candidates(t, c);
      scores(t, c) =
          item < 0 ? -std::numeric_limits<Scalar>::infinity() : queries.row(t).dot(items.row(item));
    }
}

/// Adds to both gradients what `score_gradient` sends back.
template <class Scalar>
void candidate_scores_backward(const matrix_of<Scalar>& queries, const matrix_of<Scalar>& items,
                               const candidate_matrix& candidates, const matrix_of<Scalar>& score_gradient,
                               matrix_of<Scalar>& query_gradient, matrix_of<Scalar>& item_gradient) {
  for (Index t = 0; t < candidates.rows(); ++t)
    for (Index c = 0; c < candidates.cols(); ++c) {
      const Index item = candidates(t, c);
      const Scalar slope = score_gradient(t, c);
      if (item < 0 || slope == 0) continue;
      query_gradient.row(t) += slope * items.row(item);
      item_gradient.row(item) += slope * queries.row(t);
    }
}

}  // namespace sasrec
