#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// Regression of the log-ratios a = r / β on preferences known beforehand, the batch's `relevance` q:
///
///     (1/N) Σ_i (a_i − (q_i − offset) / β)²
///
/// With q_i the mean log-odds of winning, (1/N) Σ_k s(i > k), and offset = log Z: GPO (Zhang 2024, Eqs. 5.2 and 5.3).
/// With q_i the mean share of wins and offset = ½: SPPO (Wu 2024). The reference is the previous iterate.
struct regression {
  double offset = 0;

  static constexpr loss_traits traits{.candidates = rejected::none, .maps_and_reductions = true};
  static constexpr inputs needs = inputs::relevance;

  void check() const {
    detail::require(offset - offset == 0, "regression", "offset is ", offset, ", expected a finite value");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto error = (row.rewards() - (row.relevance() - row.number(offset))) * (1 / row.strength());
    auto share = 1 / (row.count(row.rejected()) + 1);
    return with_gradient{share * row.sum(error * error),
                         [=] { return (2 * share / row.strength()) * error; }};
  }
};

}  // namespace prefopt::losses
