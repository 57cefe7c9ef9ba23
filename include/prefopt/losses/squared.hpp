#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

namespace prefopt::losses {

/// (D − 1/(2β))² for the log-ratio margin D = m / β: IPO (Azar 2023, Eq. 17), where β is the paper's τ.
/// Written over the reward margin m, so that β may differ from example to example: ((m − ½) / β)².
struct squared {
  PREFOPT_ANYWHERE auto value(auto row, auto margin) const {
    auto distance = (margin - row.number(0.5)) / row.strength();
    return distance * distance;
  }
  PREFOPT_ANYWHERE auto slope(auto row, auto margin) const {
    return 2 * (margin - row.number(0.5)) / (row.strength() * row.strength());
  }
};

}  // namespace prefopt::losses
