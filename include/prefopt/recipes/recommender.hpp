#pragma once

#include <prefopt/losses/binary_cross_entropy.hpp>
#include <prefopt/losses/logistic.hpp>
#include <prefopt/losses/mean_pairwise.hpp>
#include <prefopt/losses/softmax.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/corrected_score.hpp>
#include <prefopt/rewards/score.hpp>
#include <prefopt/strengths/unit.hpp>

/// \file
/// What recommenders are pre-trained with, on scores.

namespace prefopt {

// clang-format off
struct softmax_settings { double temperature = 1; };
struct gbce_settings    { double num_items = 0, t = 0.75; };
// clang-format on

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

}  // namespace prefopt
