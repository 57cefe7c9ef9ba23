#pragma once

#include <prefopt/executor.hpp>

#include "loss_batch.hpp"

/// \file
/// prefopt's own side, compiled once for all the modes of the program.

namespace ours {

using loss_call = float(const bench::loss_batch& batch, const prefopt::executor& executor);

/// β = 1 where a recipe has one.
loss_call s_dpo, dpo, dmpo, bpr, bce, plackett_luce, ranknet;
/// The gradient alone: 0 in place of the loss.
loss_call s_dpo_gradient;
/// The lists in their own order: `batch.order` is not read.
loss_call plackett_luce_in_order;

}  // namespace ours
