#pragma once

#include <prefopt/losses/davidson.hpp>
#include <prefopt/losses/logistic.hpp>
#include <prefopt/losses/pairwise.hpp>
#include <prefopt/losses/rao_kupper.hpp>
#include <prefopt/losses/regression.hpp>
#include <prefopt/losses/shifted.hpp>
#include <prefopt/losses/wide_ties.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/general_preference.hpp>
#include <prefopt/rewards/implicit.hpp>
#include <prefopt/rewards/score.hpp>
#include <prefopt/strengths/factor.hpp>
#include <prefopt/strengths/fixed.hpp>
#include <prefopt/strengths/unit.hpp>

/// \file
/// Preferences that no single score explains, and ties.

namespace prefopt {

// clang-format off
struct gpm_settings          { index components = 2; double tau = 0.1, margin = 0; };
struct gpo_settings          { double beta = 0.001, log_z = 0; };
struct sppo_settings         { double beta = 0.001; };
struct bt_ties_settings      { double theta = 2, nu = 1; };
struct bt_wide_ties_settings { double margin = 1, label_smoothing = 0, win_weight = 1, tie_weight = 1; };
// clang-format on

/// How ties come about, for `bt_ties`.
enum class tie_model { rao_kupper, davidson };

/// General preference model, Zhang 2024: vectors, of which the preferred one is to beat the other by a skew-symmetric
/// score, −log σ((s(v_0, v_1) − margin) / τ). The policy is [B, 2 · components].
inline auto gpm(gpm_settings s = {}) {
  return compose(losses::pairwise<losses::shifted<losses::logistic>>{{s.margin / s.tau}},
                 rewards::general_preference{s.components}, strengths::factor{1 / s.tau});
}
/// General preference optimisation, Zhang 2024, Eqs. 5.2 and 5.3: log-ratios of the N answers of a context are regressed
/// on their mean log-odds against the others, the batch's `relevance` (`mean_preferences` makes it of gpm's vectors). β 0.001 is the official runs'. The reference is
/// the previous iterate. Needs log-probabilities.
inline auto gpo(gpo_settings s = {}) {
  return compose(losses::regression{s.log_z}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// Self-play preference optimisation, Wu 2024: the same on mean shares of wins in [0, 1] as `relevance`. Needs
/// log-probabilities.
inline auto sppo(sppo_settings s = {}) {
  return compose(losses::regression{0.5}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// Bradley–Terry with ties: who won says the batch's `relevance` (equal: nobody). `theta` belongs to
/// `tie_model::rao_kupper`, `nu` to `tie_model::davidson`. On log-ratios, DPO with ties is
///
///     compose(losses::rao_kupper{theta}, rewards::implicit{}, strengths::fixed{beta})
template <tie_model Model = tie_model::rao_kupper>
auto bt_ties(bt_ties_settings s = {}) {
  if constexpr (Model == tie_model::rao_kupper)
    return compose(losses::rao_kupper{s.theta}, rewards::score{}, strengths::unit{});
  else
    return compose(losses::davidson{s.nu}, rewards::score{}, strengths::unit{});
}
/// SoliReward's BT-WT, Lian 2025: a win is clear by a margin, a tie lies within it. Labels as those of `bt_ties`.
inline auto bt_wide_ties(bt_wide_ties_settings s = {}) {
  return compose(losses::wide_ties{s.margin, s.label_smoothing, s.win_weight, s.tie_weight}, rewards::score{},
                 strengths::unit{});
}

}  // namespace prefopt
