#pragma once

#include <prefopt/losses/hinge.hpp>
#include <prefopt/losses/logistic.hpp>
#include <prefopt/losses/negative_log_likelihood.hpp>
#include <prefopt/losses/pairwise.hpp>
#include <prefopt/losses/robust_logistic.hpp>
#include <prefopt/losses/smoothed_logistic.hpp>
#include <prefopt/losses/squared.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/implicit.hpp>
#include <prefopt/rewards/score.hpp>
#include <prefopt/strengths/fixed.hpp>
#include <prefopt/strengths/unit.hpp>

/// \file
/// The preferred item against one rejected item.

namespace prefopt {

// clang-format off
struct dpo_settings        { double beta = 0.1; };
struct cdpo_settings       { double beta = 0.1, label_smoothing = 0; };
struct robust_dpo_settings { double beta = 0.1, label_smoothing = 0; };
struct ipo_settings        { double beta = 0.1; };
struct hinge_settings      { double beta = 0.1; };
struct rpo_settings        { double beta = 0.1, dpo_weight = 1, nll_weight = 1; };
// clang-format on

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

}  // namespace prefopt
