#pragma once

#include <prefopt/references/mix.hpp>

namespace prefopt::references {

/// The policy as it was at the start, for ever: DPO's reference (Rafailov 2023). Make it with `mix(reference, policy, 1)`.
struct frozen {
  double advance(sync_state& state) const {
    ++state.steps;
    return 0;
  }
};

/// No reference, which is to say a uniform one: leave `batch.reference` absent, r = 0. Objectives that see differences
/// within an example alone (SimPO's and CPO's, BPR ...) are then functions of the policy's scores.
struct uniform {
  double advance(sync_state& state) const {
    ++state.steps;
    return 0;
  }
};

}  // namespace prefopt::references
