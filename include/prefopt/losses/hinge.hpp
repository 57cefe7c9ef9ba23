#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

namespace prefopt::losses {

/// max(0, 1 − m): SLiC (Zhao 2023), RSO (Liu 2023). The derivative at m = 1 is 0.
struct hinge {
  PREFOPT_ANYWHERE auto value(auto row, auto margin) const {
    return select(margin >= row.number(1), row.number(0), 1 - margin);  // so, NaN comes through
  }
  PREFOPT_ANYWHERE auto slope(auto row, auto margin) const {
    return select(margin >= row.number(1), row.number(0), row.number(-1));
  }
};

}  // namespace prefopt::losses
