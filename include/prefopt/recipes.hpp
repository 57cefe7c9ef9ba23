#pragma once

#include <prefopt/losses/binary_cross_entropy.hpp>
#include <prefopt/losses/hinge.hpp>
#include <prefopt/losses/logistic.hpp>
#include <prefopt/losses/mean_negative.hpp>
#include <prefopt/losses/mean_pairwise.hpp>
#include <prefopt/losses/negative_log_likelihood.hpp>
#include <prefopt/losses/pairwise.hpp>
#include <prefopt/losses/plackett_luce.hpp>
#include <prefopt/losses/ranknet.hpp>
#include <prefopt/losses/robust_logistic.hpp>
#include <prefopt/losses/smoothed_logistic.hpp>
#include <prefopt/losses/softmax.hpp>
#include <prefopt/losses/squared.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/corrected_score.hpp>
#include <prefopt/rewards/implicit.hpp>
#include <prefopt/rewards/score.hpp>
#include <prefopt/strengths/fixed.hpp>
#include <prefopt/strengths/unit.hpp>

/// \file
/// The named objectives, each a line: loss ∘ strength ∘ reward. Settings default to the paper's, or to the
/// authors' code.
///
///     auto objective = prefopt::s_dpo({.beta = 1});                              // or
///     auto objective = prefopt::dpo({.beta = 0.1}) + 0.01 * prefopt::nll();      // objectives add

namespace prefopt {

// clang-format off
struct dpo_settings                { double beta = 0.1; };
struct cdpo_settings               { double beta = 0.1, label_smoothing = 0; };
struct robust_dpo_settings         { double beta = 0.1, label_smoothing = 0; };
struct ipo_settings                { double beta = 0.1; };
struct hinge_settings              { double beta = 0.1; };
struct rpo_settings                { double beta = 0.1, dpo_weight = 1, nll_weight = 1; };
struct s_dpo_settings              { double beta = 1; };
struct dpo_k_settings              { double beta = 1; };
struct dmpo_settings               { double beta = 0.1; };
struct softmax_settings            { double temperature = 1; };
struct gbce_settings               { double num_items = 0, t = 0.75; };
struct plackett_luce_settings      { double beta = 1; };
struct plackett_luce_topm_settings { double beta = 1; index top_m = 1; };
// clang-format on

// ---- one rejected item

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
/// SLiC (Zhao 2023) and RSO (Liu 2023) with the implicit reward.
inline auto hinge(hinge_settings s = {}) {
  return compose(losses::pairwise<losses::hinge>{}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// −log π of the preferred item. Needs log-probabilities: raw scores are unbounded.
inline auto nll() { return compose(losses::negative_log_likelihood{}, rewards::score{}, strengths::unit{}); }
/// NLL-regularised DPO (RPO; iterative RPO, Pang 2024). Needs log-probabilities.
inline auto rpo(rpo_settings s = {}) { return s.dpo_weight * dpo({s.beta}) + s.nll_weight * nll(); }

// ---- several rejected items

/// Softmax-DPO, Chen 2024, Eq. 11. K = 1 is DPO.
inline auto s_dpo(s_dpo_settings s = {}) {
  return compose(losses::softmax{}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// DPO against each of K rejected items, averaged. Chen 2024, Table 2.
inline auto dpo_k(dpo_k_settings s = {}) {
  return compose(losses::mean_pairwise<losses::logistic>{}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// Direct Multi-Preference Optimization: DPO against the mean rejected item. Bai 2024.
inline auto dmpo(dmpo_settings s = {}) {
  return compose(losses::mean_negative<losses::logistic>{}, rewards::implicit{}, strengths::fixed{s.beta});
}

// ---- a recommender's own

/// Bayesian Personalised Ranking, Rendle 2009, averaged over K negatives.
inline auto bpr() {
  return compose(losses::mean_pairwise<losses::logistic>{}, rewards::score{}, strengths::unit{});
}
/// Sampled or full softmax cross-entropy, InfoNCE; with the batch's `log_q`, corrected for the sampling.
inline auto softmax(softmax_settings s = {}) {
  return compose(losses::softmax{}, rewards::corrected_score{s.temperature}, strengths::unit{});
}
/// Binary cross-entropy, Kang & McAuley 2018 (SASRec), Eq. 6.
inline auto bce() { return compose(losses::binary_cross_entropy{}, rewards::score{}, strengths::unit{}); }
/// Generalised BCE, Petrov & Macdonald 2023 (gSASRec). `num_items` has no default: it is the catalogue's
/// size.
inline auto gbce(gbce_settings s) {
  return compose(losses::generalised_binary_cross_entropy{s.num_items, s.t}, rewards::score{},
                 strengths::unit{});
}

/// RankNet, Burges 2005: the logistic loss over all pairs of different `relevance`, averaged over them.
inline auto ranknet() { return compose(losses::ranknet{}, rewards::score{}, strengths::unit{}); }

// ---- a whole order

/// Plackett–Luce DPO over a full order, Rafailov 2023, App. A.3. `batch.order`: best first; absent: the
/// columns' order.
inline auto plackett_luce(plackett_luce_settings s = {}) {
  return compose(losses::plackett_luce{}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// The same when only the first `top_m` places are known; 1 is S-DPO.
inline auto plackett_luce_topm(plackett_luce_topm_settings s = {}) {
  return compose(losses::plackett_luce{s.top_m}, rewards::implicit{}, strengths::fixed{s.beta});
}

}  // namespace prefopt
