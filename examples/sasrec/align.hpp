#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend.hpp"
#include "model.hpp"
#include "objectives.hpp"
#include "references.hpp"
#include "samplers.hpp"
#include "training_loop.hpp"

/// \file
/// Alignment: the model as policy is moved away from a copy of itself, the reference, so that the item that was chosen
/// gains on items that were not.

namespace sasrec {

struct align_options : loop_options {
  align_options() {
    learning_rate = 1e-4f;  // alignment is fine-tuning: the reference is a good place already
    epochs = 10;
    patience = 3;
  }

  /// An id of prefopt's: see `known_objectives()`.
  std::string objective = "s_dpo";
  /// β of every objective that has one, unless `settings` name it: 1, as recommenders do, where language models take 0.1.
  double beta = 1;
  objective_settings settings{};
  /// Another strength or selection than the recipe's own: see `strength_names()`, `selection_names()`.
  objective_parts parts{};
  reference_settings reference{};
  /// Rejected items per position; exactly 1 for the pairwise objectives.
  int negatives = 15;
  /// See `sampler_names()`; never items of the user's own sequence.
  std::string sampler = "uniform";
  sampler_settings sampling{};
  /// Samplers that look at scores take those of the policy as it was when an epoch began, and anew after every so many
  /// steps; 1: as it is now; 0: once an epoch.
  int refresh = 1;
  /// softmax: correct a score by the log-probability with which its candidate was drawn.
  bool log_q = false;
  /// σ of NoDO: the item embeddings that score are perturbed afresh for every step; 0: off.
  double noise = 0;
};

/// Aligns `best`, which starts as the policy, against `reference`. Otherwise as `train`. An objective that decides
/// something over the whole batch gets it in one piece: `shards` is 1 then, and one thread works.
///
/// Both run without dropout: policy and reference then agree exactly at the start (every implicit reward is
/// 0), and a reward measures what was learned, not which activations a mask happened to drop.
void align(model& best, const model& reference, const std::vector<std::vector<std::int32_t>>& sequences,
           const align_options& options, training_state& state, const epoch_callback& on_epoch = {},
           const validator& validate = {}, const backend& compute = layers);

}  // namespace sasrec
