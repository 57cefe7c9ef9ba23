#pragma once

#include <prefopt/references/mix.hpp>

namespace prefopt::references {

/// TR-DPO (Gorbatovski 2024; defaults of TRL): after every `every`-th optimiser step, counted from 1, the reference moves
/// by the share `mixup` towards the policy; a hard update if mixup = 1.
struct periodic_sync {
  double mixup = 0.6;         ///< in (0, 1]
  std::uint64_t every = 512;  ///< optimiser steps, at least 1

  void check() const {
    detail::require(mixup > 0 && mixup <= 1, "periodic_sync", "mixup is ", mixup,
                    ", expected a value in (0, 1]");
    detail::require(every >= 1, "periodic_sync", "every is 0, expected at least 1");
  }
  /// Counts a step. \return by what share the reference moves now, 0 for not at all
  double advance(sync_state& state) const {
    check();
    return ++state.steps % every == 0 ? mixup : 0;
  }
};

}  // namespace prefopt::references
