#pragma once

#include <prefopt/losses/hinge.hpp>
#include <prefopt/losses/logistic.hpp>
#include <prefopt/losses/negative_log_likelihood.hpp>
#include <prefopt/losses/pairwise.hpp>
#include <prefopt/losses/shifted.hpp>
#include <prefopt/losses/smoothed_logistic.hpp>
#include <prefopt/losses/squared.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/alpha_shaped.hpp>
#include <prefopt/rewards/average_score.hpp>
#include <prefopt/rewards/error_odds.hpp>
#include <prefopt/rewards/log_odds.hpp>
#include <prefopt/rewards/score.hpp>
#include <prefopt/strengths/factor.hpp>
#include <prefopt/strengths/fixed.hpp>
#include <prefopt/strengths/unit.hpp>

/// \file
/// The preferred item against one rejected item, without a reference.

namespace prefopt {

// clang-format off
struct simpo_settings   { double beta = 2, gamma = 1, label_smoothing = 0; };
struct cpo_settings     { double beta = 0.1, nll_weight = 1, label_smoothing = 0; };
struct alphapo_settings { double beta = 2, gamma = 0.5, alpha = 0.25; };
struct orpo_settings    { double beta = 0.1, nll_weight = 1; };
struct mapo_settings    { double beta = 0.1, snr = 0.5, steps = 1000; };
// clang-format on

/// The cost of a margin, for `cpo`.
enum class cpo_loss { sigmoid, hinge, ipo };

/// SimPO, Meng 2024: DPO on average log-probabilities, with a margin γ to win by (β included; the paper's γ/β is
/// 0.3 to 1). With the batch's `lengths` it averages itself, and needs log-probabilities.
inline auto simpo(simpo_settings s = {}) {
  return compose(losses::pairwise<losses::shifted<losses::smoothed_logistic>>{{s.gamma, {s.label_smoothing}}},
                 rewards::average_score{}, strengths::fixed{s.beta});
}
/// CPO, Xu 2024, Eq. 3: a pairwise cost on the policy alone, plus the preferred item's −log π. Needs log-probabilities.
/// `label_smoothing` belongs to `cpo_loss::sigmoid`.
template <cpo_loss Loss = cpo_loss::sigmoid>
auto cpo(cpo_settings s = {}) {
  const auto with_nll = [&](auto loss) {
    return compose(loss, rewards::score{}, strengths::fixed{s.beta}) +
           s.nll_weight * compose(losses::negative_log_likelihood{}, rewards::score{}, strengths::unit{});
  };
  if constexpr (Loss == cpo_loss::sigmoid)
    return with_nll(losses::pairwise<losses::smoothed_logistic>{{s.label_smoothing}});
  else if constexpr (Loss == cpo_loss::hinge)
    return with_nll(losses::pairwise<losses::hinge>{});
  else
    return with_nll(losses::pairwise<losses::squared>{});
}
/// AlphaPO, Gupta 2025: SimPO on (1 − π^−α) / α; α → 0 is SimPO. Needs log-probabilities.
inline auto alphapo(alphapo_settings s = {}) {
  return compose(losses::pairwise<losses::shifted<losses::logistic>>{{s.gamma}},
                 rewards::alpha_shaped{s.alpha}, strengths::fixed{s.beta});
}
/// ORPO, Hong 2024, Eqs. 4 and 7: β times the cost of the odds ratio, plus the preferred item's −log π. Needs
/// log-probabilities.
inline auto orpo(orpo_settings s = {}) {
  return s.beta * compose(losses::pairwise<losses::logistic>{}, rewards::log_odds{}, strengths::unit{}) +
         s.nll_weight * compose(losses::negative_log_likelihood{}, rewards::score{}, strengths::unit{});
}
/// MaPO, Hong 2024: m_0 + β softplus(−T (f(m_0) − f(m_1))), f(m) = c m / (e^{c m} − 1), for the errors m = −policy of a
/// diffusion model with T `steps` and signal-to-noise ratio c; for items, m = −log π. Needs log-probabilities.
inline auto mapo(mapo_settings s = {}) {
  return s.beta * compose(losses::pairwise<losses::logistic>{}, rewards::error_odds{s.snr},
                          strengths::factor{s.steps}) +
         compose(losses::negative_log_likelihood{}, rewards::score{}, strengths::unit{});
}

}  // namespace prefopt
