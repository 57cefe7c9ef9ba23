#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend.hpp"
#include "model.hpp"
#include "training_loop.hpp"

/// \file
/// Pre-training: at every position of a training sequence the next item is preferred to others.

namespace sasrec {

struct train_options : loop_options {
  /// full_softmax (every item of the catalogue competes), softmax (sampled), bce (the paper's) or gbce.
  std::string loss = "full_softmax";
  /// Of the sampled losses; never items of the user's own sequence.
  int negatives = 128;
  /// uniform, popularity or in_batch.
  std::string sampler = "uniform";
  /// popularity samples item i with probability proportional to count^exponent.
  double popularity_exponent = 0.75;
  /// softmax: subtract the log-probability with which a candidate was drawn (logQ correction).
  bool log_q = false;
  double temperature = 1.0;
  /// gbce's calibration t in [0, 1].
  double gbce_t = 0.75;
};

/// Ids that `train_options::loss` knows.
std::vector<std::string> train_losses();

/// Trains `best` on the sequences, which hold what may be learned from and nothing else (leave-one-out: all
/// but the last two items of each user). Sequences of one item teach nothing and are skipped. After each
/// epoch `best` holds the parameters to use and `state` what `--resume` needs: see `run_training_loop`.
/// Throws std::invalid_argument for options that make no sense.
void train(model& best, const std::vector<std::vector<std::int32_t>>& sequences, const train_options& options,
           training_state& state, const epoch_callback& on_epoch = {}, const validator& validate = {},
           const backend& compute = layers);

}  // namespace sasrec
