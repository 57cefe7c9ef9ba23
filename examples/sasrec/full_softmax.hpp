#pragma once

#include "training_loop.hpp"

namespace sasrec {

/// Cross-entropy over the whole catalogue: prefopt's softmax with every item as a candidate.
position_loss full_softmax(double temperature);

}  // namespace sasrec
