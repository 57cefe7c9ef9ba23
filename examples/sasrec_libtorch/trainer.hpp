#pragma once

#include <ATen/ATen.h>

#include "backend.hpp"
#include "evaluation.hpp"

/// \file
/// LibTorch as the arithmetic under the commands of examples/sasrec.

namespace sasrec::libtorch {

/// Trains on `device`. A run's state, and with it the model file, is that of the Eigen program: either can go on with what
/// the other left. Dropout masks are LibTorch's own and depend on (seed, step) alone.
backend compute_on(at::Device device);

/// Scores by a copy of `recommender` on `device`.
scorer score_on(at::Device device, const model& recommender);

}  // namespace sasrec::libtorch
