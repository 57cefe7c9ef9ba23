#pragma once

#include <prefopt/references/mix.hpp>

namespace prefopt::references {

/// A hard update between the stages of a curriculum (Curry-DPO, Pattnaik 2024) or the rounds of self-play (SPRec, Gao
/// 2025), none in between: each stage is aligned against what the one before made.
struct staged {
  double advance(sync_state& state) const {
    ++state.steps;
    return 0;
  }
  /// A stage begins. \return by what share the reference moves: all the way, 1
  double begin_stage(sync_state& state) const {
    ++state.stages;
    return 1;
  }
};

}  // namespace prefopt::references
