#pragma once

#include <cstdint>

#include <prefopt/losses/floored_softmax.hpp>
#include <prefopt/losses/logistic.hpp>
#include <prefopt/losses/mean_negative.hpp>
#include <prefopt/losses/pairwise.hpp>
#include <prefopt/losses/summed_margins.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/implicit.hpp>
#include <prefopt/rewards/probability.hpp>
#include <prefopt/selections/boundary.hpp>
#include <prefopt/strengths/batch_beta.hpp>
#include <prefopt/strengths/dama.hpp>
#include <prefopt/strengths/dual_margin.hpp>
#include <prefopt/strengths/hars.hpp>

/// \file
/// Strengths and selections that follow the data and the model.

namespace prefopt {

// clang-format off
struct dynamicpo_settings         { double beta = 1, margin = 2, scale = 0.5; };
struct dynamicpo_dmpo_v2_settings { double beta = 1, margin = 6, scale = 0.5; };
struct dynamicpo_sdpo_settings    { double beta = 1, margin = 6, scale = 0.5, epsilon = 0; };
struct dynamicpo_mppo_settings    { double beta = 1, margin = 6, scale = 0.5; };
struct beta_dpo_settings          { double beta = 0.1, alpha = 0.6, rho = 0.2; std::uint64_t seed = 0; };
struct hanorec_settings           { double beta = 0.1; };
struct dama_settings              { double beta = 0.1, hardness_mean = 0.0482190464911681, drop = 0.2; std::uint64_t seed = 0; };
// clang-format on

/// DynamicPO on DMPO, Hu 2026 (arXiv 2605.00327), as first published: boundary negatives, a strength for each.
inline auto dynamicpo(dynamicpo_settings s = {}) {
  return compose(losses::mean_negative<losses::logistic>{}, rewards::implicit{},
                 strengths::dual_margin{s.beta, s.margin, s.scale}, selections::boundary{});
}
/// The same, with the margin of the authors' later code.
inline auto dynamicpo_dmpo_v2(dynamicpo_dmpo_v2_settings s = {}) {
  return dynamicpo({s.beta, s.margin, s.scale});
}
/// DynamicPO on S-DPO. The code adds `epsilon` 1e-8 to the sum of exponentials; 0 is the exact form.
inline auto dynamicpo_sdpo(dynamicpo_sdpo_settings s = {}) {
  return compose(losses::floored_softmax{s.epsilon}, rewards::implicit{},
                 strengths::dual_margin{s.beta, s.margin, s.scale}, selections::boundary{});
}
/// DynamicPO on MPPO. Needs log-probabilities.
inline auto dynamicpo_mppo(dynamicpo_mppo_settings s = {}) {
  return compose(losses::summed_margins<losses::logistic>{}, rewards::probability{},
                 strengths::dual_margin{s.beta, s.margin, s.scale}, selections::boundary{});
}
/// β-DPO, Wu 2024: DPO with one β per batch and a filter. Needs `options.state`, a `strengths::gap_state`.
inline auto beta_dpo(beta_dpo_settings s = {}) {
  return compose(losses::pairwise<losses::logistic>{}, rewards::implicit{},
                 strengths::batch_beta{.beta = s.beta, .alpha = s.alpha, .rho = s.rho, .seed = s.seed});
}
/// HaNoRec's alignment, Wang 2025, Eqs. 11-12: DPO with HaRS's strength. Needs `batch.hardness`, λ of `hars_hardness`.
inline auto hanorec(hanorec_settings s = {}) {
  return compose(losses::pairwise<losses::logistic>{}, rewards::implicit{}, strengths::hars{.beta = s.beta});
}
/// DAMA, Lu 2025: DPO whose β follows data and model. Needs `batch.hardness` and `options.state`.
inline auto dama(dama_settings s = {}) {
  return compose(
      losses::pairwise<losses::logistic>{}, rewards::implicit{},
      strengths::dama{.beta = s.beta, .hardness_mean = s.hardness_mean, .drop = s.drop, .seed = s.seed});
}

}  // namespace prefopt
