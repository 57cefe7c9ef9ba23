#pragma once

#include <functional>
#include <variant>

#include "candidate_loss.hpp"
#include "training_loop.hpp"

/// \file
/// Who computes: `train` and `align` say what is minimised, a back-end makes a trainer of it.

namespace sasrec {

/// Cross-entropy over the whole catalogue.
struct full_softmax_loss {
  double temperature = 1;
};

/// What is minimised at every position.
using training_loss = std::variant<full_softmax_loss, candidate_objective>;

using backend = std::function<trainer_factory(dropout_mode mode, const training_loss& loss)>;

/// This example's own layers, over Eigen.
trainer_factory layers(dropout_mode mode, const training_loss& loss);

}  // namespace sasrec
