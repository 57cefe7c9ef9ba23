#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

namespace prefopt::losses {

/// φ(m − γ): the margin has to reach a target γ first (SimPO, Meng 2024; GPM, Zhang 2024).
/// \tparam Phi the cost of a margin: `value(row, margin)` and its derivative `slope(row, margin)`
template <class Phi>
struct shifted {
  double target = 0;  ///< γ, in units of the reward, β included
  Phi phi{};

  void check() const {
    detail::require(target - target == 0, "shifted", "target is ", target, ", expected a finite value");
    if constexpr (requires { phi.check(); }) phi.check();
  }
  PREFOPT_ANYWHERE auto value(auto row, auto margin) const {
    return phi.value(row, margin - row.number(target));
  }
  PREFOPT_ANYWHERE auto slope(auto row, auto margin) const {
    return phi.slope(row, margin - row.number(target));
  }
};

}  // namespace prefopt::losses
