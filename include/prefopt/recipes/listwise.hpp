#pragma once

#include <prefopt/losses/plackett_luce.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/implicit.hpp>
#include <prefopt/strengths/fixed.hpp>

/// \file
/// Whole lists in an order.

namespace prefopt {

// clang-format off
struct plackett_luce_settings      { double beta = 1; };
struct plackett_luce_topm_settings { double beta = 1; index top_m = 1; };
// clang-format on

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
