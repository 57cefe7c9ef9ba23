#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "../matrix.hpp"
#include "../parameters.hpp"
#include "../random.hpp"

/// \file
/// Verifies a hand-written backward pass against central differences, in a scalar precise enough for a
/// tolerance at which no wrong term can hide.

namespace sasrec::testing {

/// Truncation and rounding both stay below this in networks of the tests' size.
template <class Scalar>
inline constexpr double tolerance = 0;
template <>
inline constexpr double tolerance<double> = 1e-9;
template <>
inline constexpr double tolerance<long double> = 1e-11;

template <class Scalar>
matrix_of<Scalar> random_matrix(Index rows, Index columns, std::uint64_t seed) {
  matrix_of<Scalar> values(rows, columns);
  fill_normal(values, 1.0, random_stream(seed));
  return values;
}

/// The largest relative difference between `gradient` and the slope of `loss()` along each entry of `values`,
/// which `loss` reads.
template <class Scalar, class Loss>
Scalar gradient_error(matrix_of<Scalar>& values, const matrix_of<Scalar>& gradient, const Loss& loss) {
  const Scalar step = std::pow(std::numeric_limits<Scalar>::epsilon(), Scalar(0.2));
  Scalar worst = 0;
  for (Index i = 0; i < values.size(); ++i) {
    Scalar& value = values.data()[i];
    const Scalar original = value;
    const auto slope = [&](Scalar h) {
      value = original + h;
      const Scalar above = loss();
      value = original - h;
      const Scalar below = loss();
      value = original;
      return (above - below) / (2 * h);
    };
    // One step of Richardson's extrapolation: what is left is of order h^4.
    const Scalar expected = (4 * slope(step / 2) - slope(step)) / 3;
    worst =
        std::max(worst, std::abs(gradient.data()[i] - expected) / std::max(Scalar(1), std::abs(expected)));
  }
  return worst;
}

template <class Scalar, class Loss>
void check_gradient(matrix_of<Scalar>& values, const matrix_of<Scalar>& gradient, const Loss& loss,
                    const std::string& name) {
  REQUIRE(values.rows() == gradient.rows());
  REQUIRE(values.cols() == gradient.cols());
  INFO(name);
  CHECK(static_cast<double>(gradient_error(values, gradient, loss)) < tolerance<Scalar>);
}

/// The same for every parameter of `layer`; `gradient` is a layer of the same shape.
template <class Layer, class Loss>
void check_parameter_gradients(Layer& layer, Layer& gradient, const Loss& loss) {
  const auto values = parameters_of(layer);
  std::size_t i = 0;
  for_each_parameter(gradient, [&](const std::string& name, const auto& gradient_of_one) {
    check_gradient(*values[i++], gradient_of_one, loss, name);
  });
}

}  // namespace sasrec::testing
