#pragma once

#include <algorithm>
#include <cmath>

#include "../matrix.hpp"

/// \file
/// log Σ_i exp(q . E_i) over the whole catalogue: what turns scores into log-probabilities.

namespace sasrec {

namespace detail {

/// Calls `visit(first, rows, scores)` for a few queries at a time: the scores of all of them against all
/// items would not fit into any cache.
template <class Scalar, class Visit>
void for_each_score_band(const matrix_of<Scalar>& queries, const matrix_of<Scalar>& items, Visit visit) {
  constexpr Index band = 128;
  matrix_of<Scalar> scores;
  for (Index first = 0; first < queries.rows(); first += band) {
    const Index rows = std::min(band, queries.rows() - first);
    scores.noalias() = queries.middleRows(first, rows) * items.transpose();
    visit(first, rows, scores);
  }
}

}  // namespace detail

/// normalisers(t) = log Σ_i exp(queries(t) . items(i)); a log-probability is a score minus it. [tokens, 1]
template <class Scalar>
void catalogue_normalisers(const matrix_of<Scalar>& queries, const matrix_of<Scalar>& items,
                           matrix_of<Scalar>& normalisers) {
  normalisers.resize(queries.rows(), 1);
  detail::for_each_score_band(queries, items, [&](Index first, Index rows, const matrix_of<Scalar>& scores) {
    for (Index t = 0; t < rows; ++t) {
      const Scalar top = scores.row(t).maxCoeff();
      normalisers(first + t, 0) = top + std::log((scores.row(t).array() - top).exp().sum());
    }
  });
}

/// Adds to both gradients what `normaliser_gradient` [tokens, 1] sends back: the slope of a log-sum-exp is
/// the softmax of its terms.
template <class Scalar>
void catalogue_normalisers_backward(const matrix_of<Scalar>& queries, const matrix_of<Scalar>& items,
                                    const matrix_of<Scalar>& normalisers,
                                    const matrix_of<Scalar>& normaliser_gradient,
                                    matrix_of<Scalar>& query_gradient, matrix_of<Scalar>& item_gradient) {
  detail::for_each_score_band(queries, items, [&](Index first, Index rows, matrix_of<Scalar>& scores) {
    for (Index t = 0; t < rows; ++t)
      scores.row(t) =
          (scores.row(t).array() - normalisers(first + t, 0)).exp() * normaliser_gradient(first + t, 0);
    query_gradient.middleRows(first, rows).noalias() += scores * items;
    item_gradient.noalias() += scores.transpose() * queries.middleRows(first, rows);
  });
}

}  // namespace sasrec
