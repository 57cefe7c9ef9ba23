#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// softplus(−r_0) + (1/K) Σ_k softplus(r_k): each candidate judged on its own (SASRec, Kang & McAuley 2018,
/// Eq. 6). Not translation-invariant: it calibrates the scores themselves.
struct binary_cross_entropy {
  static constexpr loss_traits traits{
      .candidates = rejected::several, .takes_logits = true, .maps_and_reductions = true};

  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto r = row.rewards();
    auto positive = row.preferred(r), share = 1 / row.count(row.rejected());
    auto [negative, slopes, pull] = row.sum_softplus(r, row.rejected());
    return with_gradient{softplus(-positive) + negative * share, [=, slopes = slopes] {
                           return select(row.is_preferred(), -sigmoid(-positive), slopes * share);
                         }};
  }
};

/// Generalised BCE, gSASRec (Petrov & Macdonald 2023): the positive term is weighted by β so that the model
/// is not overconfident when K of num_items − 1 negatives are drawn:
///
///     [β softplus(−r_0) + Σ_k softplus(r_k)] / (K + 1),   α = K / (num_items − 1),   β = 1 − t (1 − α)
struct generalised_binary_cross_entropy {
  double num_items = 0;  ///< size of the catalogue, at least 2
  double t = 0.75;       ///< calibration in [0, 1]: 0 is BCE's own, 1 removes the sampling bias entirely

  static constexpr loss_traits traits{
      .candidates = rejected::several, .takes_logits = true, .maps_and_reductions = true};

  void check() const {
    detail::require(num_items >= 2, "gbce", "num_items is ", num_items, ", expected at least 2");
    detail::require(t >= 0 && t <= 1, "gbce", "t is ", t, ", expected a value in [0, 1]");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto r = row.rewards();
    auto rejected_count = row.count(row.rejected());
    auto sampled_share = rejected_count / (row.number(num_items) - 1);
    auto positive_weight = 1 - row.number(t) * (1 - sampled_share);
    auto share = 1 / (rejected_count + 1);
    auto positive = row.preferred(r);
    auto [negative, slopes, pull] = row.sum_softplus(r, row.rejected());
    return with_gradient{(positive_weight * softplus(-positive) + negative) * share, [=, slopes = slopes] {
                           return share *
                                  select(row.is_preferred(), -positive_weight * sigmoid(-positive), slopes);
                         }};
  }
};

}  // namespace prefopt::losses
