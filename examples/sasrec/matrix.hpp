#pragma once

#include <Eigen/Core>

/// \file
/// The one matrix type of the example: row-major, a row per token, per item or per sequence.

namespace sasrec {

using Eigen::Index;

/// The layers are written over the scalar, so that their gradients can be verified in double and long double.
template <class Scalar>
using matrix_of = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// What the program computes in.
using matrix = matrix_of<float>;

}  // namespace sasrec
