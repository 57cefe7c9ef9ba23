#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// −r_0: keeps the likelihood of the preferred item up (the SFT term of RPO, CPO, ORPO, RoDPO). Meaningful
/// for log-probabilities only; on raw scores it is unbounded below.
struct negative_log_likelihood {
  static constexpr loss_traits traits{.candidates = rejected::none, .maps_and_reductions = true};

  PREFOPT_ANYWHERE auto operator()(auto row) const {
    return with_gradient{-row.preferred(row.rewards()),
                         [=] { return select(row.is_preferred(), row.number(-1), row.number(0)); }};
  }
};

}  // namespace prefopt::losses
