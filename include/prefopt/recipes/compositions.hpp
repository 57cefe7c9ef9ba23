#pragma once

#include <prefopt/losses/logistic.hpp>
#include <prefopt/losses/pairwise.hpp>
#include <prefopt/losses/summed_margins.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/recipes/pairwise.hpp>
#include <prefopt/rewards/joint.hpp>
#include <prefopt/rewards/probability.hpp>
#include <prefopt/strengths/fixed.hpp>

/// \file
/// DPO with another reward, another term or a policy for its data.

namespace prefopt {

// clang-format off
struct mppo_settings      { double beta = 1; };
struct rodpo_settings     { double beta = 0.1, nll_weight = 1, dpo_weight = 0.1; };
struct curry_dpo_settings { double beta = 0.1; };
struct dove_settings      { double beta = 0.1; };
// clang-format on

/// Multi Pair-wise Preference Optimization, Xie 2025, Eq. 10 (Pair-MNM, its best variant): −log σ(β Σ_k (P_0 − P_k)), P
/// the probabilities; without a reference. The paper has no β. With the batch's `lengths`, P is the geometric mean over
/// an answer's tokens (Eq. 4). Needs log-probabilities. Pair-MNS (Eq. 9) is K times
/// `compose(losses::mean_pairwise<losses::logistic>{}, rewards::probability{}, strengths::fixed{1})`.
inline auto mppo(mppo_settings s = {}) {
  return compose(losses::summed_margins<losses::logistic>{}, rewards::probability{},
                 strengths::fixed{s.beta});
}
/// RoDPO, Huang 2026: cross-entropy of the target, and DPO against one negative drawn from the model's own top K
/// (`samplers::topk_uniform`). The paper's weights are not known; `dpo_weight` 0 is its ablation. Needs log-probabilities.
inline auto rodpo(rodpo_settings s = {}) { return s.dpo_weight * dpo({s.beta}) + s.nll_weight * nll(); }
/// Curry-DPO, Pattnaik 2024: DPO, on pairs that come easy ones first (`prefopt/curriculum_pairs.hpp`).
inline auto curry_dpo(curry_dpo_settings s = {}) { return dpo({s.beta}); }
/// DOVE, Bansal 2024: DPO over (context, item) pairs. See `rewards::joint` for the layout of policy and reference.
inline auto dove(dove_settings s = {}) {
  return compose(losses::pairwise<losses::logistic>{}, rewards::joint{}, strengths::fixed{s.beta});
}

}  // namespace prefopt
