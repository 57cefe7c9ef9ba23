#pragma once

#include <cmath>
#include <tuple>
#include <utility>

#include "../matrix.hpp"

namespace sasrec {

/// Layer normalisation (Ba et al. 2016): every row to mean 0 and variance 1, then y = gain * row + bias.
template <class Scalar>
struct layer_norm {
  using matrix_type = matrix_of<Scalar>;

  matrix_type gain;  // [1, dim]
  matrix_type bias;  // [1, dim]

  struct activations {
    matrix_type normalised;         // [tokens, dim]
    matrix_type inverse_deviation;  // [tokens, 1]
  };

  explicit layer_norm(Index dim) : gain(matrix_type::Ones(1, dim)), bias(matrix_type::Zero(1, dim)) {}

  void forward(const matrix_type& x, activations& kept, matrix_type& y) const {
    constexpr auto epsilon = Scalar(1e-8);  // as in the authors' code
    const auto dim = static_cast<Scalar>(x.cols());
    kept.normalised.resize(x.rows(), x.cols());
    kept.inverse_deviation.resize(x.rows(), 1);
    y.resize(x.rows(), x.cols());
    for (Index t = 0; t < x.rows(); ++t) {
      auto normalised = kept.normalised.row(t);
      normalised = x.row(t).array() - x.row(t).sum() / dim;
      const Scalar inverse = 1 / std::sqrt(normalised.squaredNorm() / dim + epsilon);
      kept.inverse_deviation(t, 0) = inverse;
      normalised *= inverse;
      y.row(t) = normalised.cwiseProduct(gain.row(0)) + bias.row(0);
    }
  }

  /// With n the normalised row and g = dy * gain: dx = (g - mean(g) - n mean(g n)) / deviation. The two means
  /// are what moving x along its mean and along itself would do, which normalisation undoes.
  void backward(const activations& kept, const matrix_type& dy, layer_norm& gradient, matrix_type& dx) const {
    const auto dim = static_cast<Scalar>(dy.cols());
    dx.resize(dy.rows(), dy.cols());
    for (Index t = 0; t < dy.rows(); ++t) {
      const auto normalised = kept.normalised.row(t);
      gradient.gain.row(0) += dy.row(t).cwiseProduct(normalised);
      gradient.bias.row(0) += dy.row(t);
      auto g = dx.row(t);
      g = dy.row(t).cwiseProduct(gain.row(0));
      const Scalar mean = g.sum() / dim;
      const Scalar along = g.dot(normalised) / dim;
      g = ((g.array() - mean) - normalised.array() * along) * kept.inverse_deviation(t, 0);
    }
  }

  static constexpr auto members() {
    return std::tuple(std::pair("gain", &layer_norm::gain), std::pair("bias", &layer_norm::bias));
  }
};

}  // namespace sasrec
