#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model.hpp"
#include "objectives.hpp"
#include "training_loop.hpp"

/// \file
/// Alignment: the model as policy is moved away from a frozen copy of itself, the reference, so that the item
/// that was chosen gains on items that were not.

namespace sasrec {

struct align_options : loop_options {
  align_options() {
    learning_rate = 1e-4f;  // alignment is fine-tuning: the reference is a good place already
    epochs = 10;
    patience = 3;
  }

  /// An id of prefopt's: see `objectives()`.
  std::string objective = "s_dpo";
  objective_settings settings;
  /// Rejected items per position; exactly 1 for the pairwise objectives.
  int negatives = 15;
  /// uniform, popularity or in_batch; never items of the user's own sequence.
  std::string sampler = "uniform";
  double popularity_exponent = 0.75;
  /// softmax: correct a score by the log-probability with which its candidate was drawn.
  bool log_q = false;
};

/// Aligns `best`, which starts as the policy, against `reference`. Otherwise as `train`.
///
/// Both run without dropout: policy and reference then agree exactly at the start (every implicit reward is
/// 0), and a reward measures what was learned, not which activations a mask happened to drop.
void align(model& best, const model& reference, const std::vector<std::vector<std::int32_t>>& sequences,
           const align_options& options, training_state& state, const epoch_callback& on_epoch = {},
           const validator& validate = {});

}  // namespace sasrec
