#pragma once

#include <prefopt/column.hpp>

namespace prefopt::detail {

/// Every ordered pair of candidates with the logistic cost of i before j, weighted:
///
///     cost     Σ_{i ≠ j} w_ij softplus(−(r_i − r_j))
///     slopes   d cost / d r: −w_ij σ(r_j − r_i) for i, the opposite for j
///
/// Both directions of a pair share one exponential and one logarithm. The weights are constants.
template <class Row>
class logistic_pairs {
 public:
  using T = typename Row::number_type;

  /// \param rewards N numbers
  /// \param weights (i, j) → `pair_values{w_ij, w_ji}`
  template <class Weights>
  logistic_pairs(const Row& row, const T* rewards, const Weights& weights) : slopes_(row.take()) {
    for (index k = 0; k < row.candidates(); ++k) slopes_[k] = T(0);
    for (index i = 0; i + 1 < row.candidates(); ++i) {
      T cost(0), slope(0);  // of i alone: sums of sums lose little in long rows
      for (index j = i + 1; j < row.candidates(); ++j) {
        const auto counts = both{}(row.counts(i), row.counts(j));
        const auto pair = weights(i, j);
        const T forth = select(counts, constant(pair.first), T(0)),
                back = select(counts, constant(pair.second), T(0));
        const T lead = rewards[i] - rewards[j], decay = exp(minus_abs(lead));
        const auto behind = lead < T(0);
        cost = cost + (select(behind, forth, back) * abs(lead) + (forth + back) * log1p_unit(decay));
        const T larger = reciprocal(1 + decay), smaller = decay * larger;
        const T pull = back * select(behind, smaller, larger) - forth * select(behind, larger, smaller);
        slope = slope + pull;
        slopes_[j] = slopes_[j] - pull;
      }
      cost_ = cost_ + cost;
      slopes_[i] = slopes_[i] + slope;
    }
  }

  T cost() const { return cost_; }
  auto slopes() const { return Row::stored(slopes_); }

 private:
  T* slopes_;
  T cost_{0};
};

}  // namespace prefopt::detail
