#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>

namespace prefopt::weights {

/// The batch's own `hardness` as a weight: HaNoRec's ablation, w_b = λ_b with a fixed β. Needs `batch.hardness`, which
/// has to be 0 or above.
struct hardness {
  static constexpr inputs needs = inputs::hardness;
  static constexpr bool maps_and_reductions = true;

  PREFOPT_ANYWHERE auto operator()(auto row) const { return row.hardness(); }
};

}  // namespace prefopt::weights
