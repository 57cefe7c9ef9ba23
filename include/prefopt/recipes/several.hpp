#pragma once

#include <prefopt/losses/logistic.hpp>
#include <prefopt/losses/mean_negative.hpp>
#include <prefopt/losses/mean_pairwise.hpp>
#include <prefopt/losses/softmax.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/implicit.hpp>
#include <prefopt/strengths/fixed.hpp>

/// \file
/// The preferred item against several rejected items.

namespace prefopt {

// clang-format off
struct s_dpo_settings { double beta = 1; };
struct dpo_k_settings { double beta = 1; };
struct dmpo_settings  { double beta = 0.1; };
// clang-format on

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

}  // namespace prefopt
