#pragma once

namespace prefopt::selections {

/// Every unmasked rejected item counts.
struct all {
  static constexpr bool maps_and_reductions = true;
};

}  // namespace prefopt::selections
