#pragma once

#include <cstdint>
#include <vector>

#include "model.hpp"
#include "negatives.hpp"
#include "world.hpp"

namespace sasrec {

/// What is drawn in an epoch, in a world that knows what its users like.
struct drawn_negatives {
  double drawn = 0;  ///< rejected items
  double liked =
      0;  ///< share that the user truly likes: the expectation, given the draws, by the world's own law
  double outrank = 0;  ///< share that `policy` scores above the item that was chosen
};

/// Draws `negatives` rejected items for each position of the sequences, which are the world's users in order.
drawn_negatives draw_an_epoch(const world& truth, const std::vector<std::vector<std::int32_t>>& sequences,
                              const negative_settings& settings, int negatives, const model& policy);

}  // namespace sasrec
