#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

namespace prefopt::losses {

/// σ(−m), a cost between 0 and 1: what is far off on either side pulls no more (KTO, Ethayarajh 2024; APO,
/// D'Oosterlinck 2024).
struct falling_sigmoid {
  PREFOPT_ANYWHERE auto value(auto, auto margin) const { return sigmoid(-margin); }
  PREFOPT_ANYWHERE auto slope(auto, auto margin) const { return -sigmoid(margin) * sigmoid(-margin); }
};

}  // namespace prefopt::losses
