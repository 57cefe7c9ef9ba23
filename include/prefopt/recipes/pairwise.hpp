#pragma once

#include <prefopt/losses/absolute_pair.hpp>
#include <prefopt/losses/apo_down.hpp>
#include <prefopt/losses/discopop.hpp>
#include <prefopt/losses/exo.hpp>
#include <prefopt/losses/falling_sigmoid.hpp>
#include <prefopt/losses/hinge.hpp>
#include <prefopt/losses/logistic.hpp>
#include <prefopt/losses/matched_margins.hpp>
#include <prefopt/losses/matched_rewards.hpp>
#include <prefopt/losses/negative_log_likelihood.hpp>
#include <prefopt/losses/noise_contrastive_pair.hpp>
#include <prefopt/losses/pairwise.hpp>
#include <prefopt/losses/robust_logistic.hpp>
#include <prefopt/losses/smoothed_logistic.hpp>
#include <prefopt/losses/squared.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/alpha_divergence.hpp>
#include <prefopt/rewards/average_log_ratio.hpp>
#include <prefopt/rewards/implicit.hpp>
#include <prefopt/rewards/jensen_shannon.hpp>
#include <prefopt/rewards/score.hpp>
#include <prefopt/strengths/fixed.hpp>
#include <prefopt/strengths/unit.hpp>

/// \file
/// The preferred item against one rejected item, with a reference.

namespace prefopt {

// clang-format off
struct dpo_settings            { double beta = 0.1; };
struct cdpo_settings           { double beta = 0.1, label_smoothing = 0; };
struct robust_dpo_settings     { double beta = 0.1, label_smoothing = 0; };
struct ipo_settings            { double beta = 0.1; };
struct ipo_lengthnorm_settings { double beta = 0.1; };
struct hinge_settings          { double beta = 0.1; };
struct rpo_settings            { double beta = 0.1, dpo_weight = 1, nll_weight = 1; };
struct exo_pair_settings       { double beta = 0.1, label_smoothing = 1e-3; };
struct discopop_settings       { double beta = 0.05, tau = 0.05; };
struct f_dpo_settings          { double beta = 0.1, alpha = 0.5; };
struct aot_settings            { double beta = 0.1, label_smoothing = 0; };
struct nca_pair_settings       { double beta = 0.1; };
struct bco_pair_settings       { double beta = 0.1; };
struct sppo_hard_settings      { double beta = 0.001; };
struct apo_zero_settings       { double beta = 0.1; };
struct apo_down_settings       { double beta = 0.1; };
// clang-format on

/// The divergence that keeps a policy near its reference, for `f_dpo`.
enum class f_divergence { reverse_kl, forward_kl, js, alpha };

/// Direct Preference Optimization, Rafailov 2023, Eq. 7.
inline auto dpo(dpo_settings s = {}) {
  return compose(losses::pairwise<losses::logistic>{}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// Conservative DPO: a share of the labels is flipped. Mitchell 2023, Eq. 3.
inline auto cdpo(cdpo_settings s = {}) {
  return compose(losses::pairwise<losses::smoothed_logistic>{{s.label_smoothing}}, rewards::implicit{},
                 strengths::fixed{s.beta});
}
/// Robust DPO: unbiased under flipped labels. Chowdhury 2024.
inline auto robust_dpo(robust_dpo_settings s = {}) {
  return compose(losses::pairwise<losses::robust_logistic>{{s.label_smoothing}}, rewards::implicit{},
                 strengths::fixed{s.beta});
}
/// Identity PO, Azar 2023, Eq. 17; β is the paper's τ.
inline auto ipo(ipo_settings s = {}) {
  return compose(losses::pairwise<losses::squared>{}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// IPO on log-ratios per token, as its authors meant it. Needs the batch's `lengths`, and log-probabilities.
inline auto ipo_lengthnorm(ipo_lengthnorm_settings s = {}) {
  return compose(losses::pairwise<losses::squared>{}, rewards::average_log_ratio{}, strengths::fixed{s.beta});
}
/// SLiC (Zhao 2023) and RSO (Liu 2023) with the implicit reward.
inline auto hinge(hinge_settings s = {}) {
  return compose(losses::pairwise<losses::hinge>{}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// −log π of the preferred item. Needs log-probabilities: raw scores are unbounded.
inline auto nll() { return compose(losses::negative_log_likelihood{}, rewards::score{}, strengths::unit{}); }
/// NLL-regularised DPO (RPO; iterative RPO, Pang 2024). Needs log-probabilities.
inline auto rpo(rpo_settings s = {}) { return s.dpo_weight * dpo({s.beta}) + s.nll_weight * nll(); }
/// Efficient exact optimisation, pairwise: Ji 2024, Eq. 16.
inline auto exo_pair(exo_pair_settings s = {}) {
  return compose(losses::pairwise<losses::exo>{{s.label_smoothing}}, rewards::implicit{},
                 strengths::fixed{s.beta});
}
/// DiscoPOP, the log-ratio modulated loss that a language model found: Lu 2024, Eq. 5.
inline auto discopop(discopop_settings s = {}) {
  return compose(losses::pairwise<losses::discopop>{{s.tau}}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// f-DPO, Wang 2023: DPO under another divergence than the reverse KL, with which it is DPO. All others need
/// log-probabilities. `alpha` belongs to `f_divergence::alpha`: 0 is the forward KL, 1 the reverse one.
template <f_divergence Divergence = f_divergence::reverse_kl>
auto f_dpo(f_dpo_settings s = {}) {
  constexpr losses::pairwise<losses::logistic> loss;
  const strengths::fixed beta{s.beta};
  if constexpr (Divergence == f_divergence::reverse_kl)
    return compose(loss, rewards::implicit{}, beta);
  else if constexpr (Divergence == f_divergence::js)
    return compose(loss, rewards::jensen_shannon{}, beta);
  else
    return compose(loss, rewards::alpha_divergence{Divergence == f_divergence::forward_kl ? 0 : s.alpha},
                   beta);
}
/// Alignment via optimal transport: margins of policy and reference, matched by rank over the batch. Melnyk 2024.
inline auto aot(aot_settings s = {}) {
  return compose(losses::matched_margins<losses::smoothed_logistic>{{s.label_smoothing}}, rewards::implicit{},
                 strengths::fixed{s.beta});
}
/// The same over the rewards of all preferred and of all rejected items, which need not belong together. Needs
/// log-probabilities.
inline auto aot_unpaired(aot_settings s = {}) {
  return compose(losses::matched_rewards<losses::smoothed_logistic>{{s.label_smoothing}}, rewards::implicit{},
                 strengths::fixed{s.beta});
}
/// Noise contrastive alignment of a pair, Chen 2024. Needs log-probabilities.
inline auto nca_pair(nca_pair_settings s = {}) {
  return compose(losses::noise_contrastive_pair{}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// Binary classifier optimisation without its reward shift, Jung 2024. Needs log-probabilities.
inline auto bco_pair(bco_pair_settings s = {}) {
  return compose(losses::absolute_pair<losses::logistic>{}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// Self-play preference optimisation with a sure winner, Wu 2024, Eq. 4.7; β is the paper's 1/η, the reference its last
/// iterate. Needs log-probabilities.
inline auto sppo_hard(sppo_hard_settings s = {}) {
  return compose(losses::absolute_pair<losses::squared>{}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// Anchored preference optimisation towards the preferred item, D'Oosterlinck 2024, Eq. 7. Needs log-probabilities.
inline auto apo_zero(apo_zero_settings s = {}) {
  return compose(losses::absolute_pair<losses::falling_sigmoid>{}, rewards::implicit{},
                 strengths::fixed{s.beta});
}
/// The same away from both items, Eq. 8. Needs log-probabilities.
inline auto apo_down(apo_down_settings s = {}) {
  return compose(losses::apo_down{}, rewards::implicit{}, strengths::fixed{s.beta});
}

}  // namespace prefopt
