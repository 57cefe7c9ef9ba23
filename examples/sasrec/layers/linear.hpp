#pragma once

#include <cmath>
#include <tuple>
#include <utility>

#include "../matrix.hpp"
#include "../random.hpp"

namespace sasrec {

/// y = x W + b for every row of x.
///
/// This is the pattern of every layer: `forward` reads x and writes y; `backward` reads the same x and
/// d loss / dy, adds to the parameters' gradients (kept in a second object of the layer's own type), and
/// writes d loss / dx.
template <class Scalar>
struct linear {
  using matrix_type = matrix_of<Scalar>;

  matrix_type weight;  // [in, out]
  matrix_type bias;    // [1, out]

  linear(Index in, Index out) : weight(in, out), bias(matrix_type::Zero(1, out)) {}

  /// Glorot: the variance of activations and of gradients is kept on the way through.
  void initialise(random_stream random) {
    fill_normal(weight, std::sqrt(2.0 / static_cast<double>(weight.rows() + weight.cols())), random);
  }

  void forward(const matrix_type& x, matrix_type& y) const {
    y.noalias() = x * weight;
    y.rowwise() += bias.row(0);
  }

  void backward(const matrix_type& x, const matrix_type& dy, linear& gradient, matrix_type& dx) const {
    gradient.weight.noalias() += x.transpose() * dy;
    gradient.bias.row(0) += dy.colwise().sum();
    dx.noalias() = dy * weight.transpose();
  }

  static constexpr auto members() {
    return std::tuple(std::pair("weight", &linear::weight), std::pair("bias", &linear::bias));
  }
};

}  // namespace sasrec
