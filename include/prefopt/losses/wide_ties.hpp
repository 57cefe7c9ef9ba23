#pragma once

#include <prefopt/detail/pair_outcome.hpp>
#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// Bradley–Terry with wide ties (SoliReward's BT-WT, Lian 2025, as in the authors' code): a win has to be clear by a
/// margin γ, a tie has to lie within it. With m = r_0 − r_1,
///
///     win   w · [(1 − ε) softplus(γ − m) + ε softplus(γ + m)]
///     tie   w_t · [softplus(γ − m) + softplus(γ + m)]
///
/// Whichever has the larger `relevance` has won; equal relevance is a tie. Up to the constant −log(e^2γ − 1) of a tie, it
/// is Rao–Kupper with θ = e^γ.
struct wide_ties {
  double margin = 1;           ///< γ
  double label_smoothing = 0;  ///< ε in [0, 0.5): the share of wins taken to be flipped
  double win_weight = 1;       ///< w, the code's bt_coeff
  double tie_weight = 1;       ///< w_t, the code's btt_coeff

  static constexpr loss_traits traits{
      .candidates = rejected::one, .translation_invariant = true, .maps_and_reductions = true};
  static constexpr inputs needs = inputs::relevance;

  void check() const {
    constexpr const char* here = "wide_ties";
    detail::require(margin - margin == 0, here, "margin is ", margin, ", expected a finite value");
    detail::require(label_smoothing >= 0 && label_smoothing < 0.5, here, "label_smoothing is ",
                    label_smoothing, ", expected a value in [0, 0.5)");
    detail::require(win_weight >= 0 && win_weight < 1e300, here, "win_weight is ", win_weight,
                    ", expected a finite value of at least 0");
    detail::require(tie_weight >= 0 && tie_weight < 1e300, here, "tie_weight is ", tie_weight,
                    ", expected a finite value of at least 0");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto pair = detail::outcome_of(row);
    auto ahead = pair.margin;
    // Weights of "0 is ahead by γ" and of "1 is".
    auto right = row.number(win_weight * (1 - label_smoothing)),
         flipped = row.number(win_weight * label_smoothing), either = row.number(tie_weight);
    auto first = select(pair.won, right, select(pair.lost, flipped, either));
    auto second = select(pair.won, flipped, select(pair.lost, right, either));
    auto gap = row.number(margin);
    return with_gradient{first * softplus(gap - ahead) + second * softplus(gap + ahead), [=] {
                           auto slope = second * sigmoid(gap + ahead) - first * sigmoid(gap - ahead);
                           return select(row.is_preferred(), slope, -slope);
                         }};
  }
};

}  // namespace prefopt::losses
