#pragma once

#include <prefopt/losses/baselines/batch_kl.hpp>
#include <prefopt/losses/baselines/none.hpp>
#include <prefopt/losses/baselines/running_mean.hpp>
#include <prefopt/losses/falling_sigmoid.hpp>
#include <prefopt/losses/logistic.hpp>
#include <prefopt/losses/unpaired.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/implicit.hpp>
#include <prefopt/strengths/fixed.hpp>

/// \file
/// Items on their own, good or bad: [B, N] with any N from 1, labelled by the batch's `relevance` (above 0: good), or
/// without it by their column (the first is good). They need log-probabilities.

namespace prefopt {

// clang-format off
struct kto_settings               { double beta = 0.1, desirable_weight = 1, undesirable_weight = 1; };
struct apo_zero_unpaired_settings { double beta = 0.1, desirable_weight = 1, undesirable_weight = 1; };
struct bco_settings               { double beta = 0.1; };
// clang-format on

/// KTO, Ethayarajh 2024, Eq. 7. Needs the batch's `kl`. The paper keeps w_D n_D / (w_U n_U) in [1, 4/3], for n_D good
/// and n_U bad items.
inline auto kto(kto_settings s = {}) {
  return compose(
      losses::unpaired<losses::falling_sigmoid, losses::baselines::batch_kl>{
          {}, s.desirable_weight, s.undesirable_weight},
      rewards::implicit{}, strengths::fixed{s.beta});
}
/// APO-zero for unpaired items, D'Oosterlinck 2024: KTO against 0.
inline auto apo_zero_unpaired(apo_zero_unpaired_settings s = {}) {
  return compose(
      losses::unpaired<losses::falling_sigmoid, losses::baselines::none>{
          {}, s.desirable_weight, s.undesirable_weight},
      rewards::implicit{}, strengths::fixed{s.beta});
}
/// BCO, Jung 2024: a classifier of good and bad items whose threshold is the running mean of all rewards. Needs
/// `options.state`, a `state_of<...>`.
inline auto bco(bco_settings s = {}) {
  return compose(losses::unpaired<losses::logistic, losses::baselines::running_mean>{}, rewards::implicit{},
                 strengths::fixed{s.beta});
}

}  // namespace prefopt
