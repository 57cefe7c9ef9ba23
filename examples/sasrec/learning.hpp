#pragma once

#include <functional>
#include <string>

#include "arguments.hpp"
#include "checkpoint.hpp"
#include "evaluation.hpp"
#include "log.hpp"
#include "split.hpp"
#include "training_loop.hpp"

/// \file
/// What `train` and `align` share: the data, a model file that is written after every epoch, and resuming.

namespace sasrec {

struct learning_arguments {
  log_arguments log{};
  std::string output{};     ///< the model file that is written
  bool resume = false;      ///< continue the run that `output` was left by
  bool no_holdout = false;  ///< learn from everything, hold nothing out
  std::string metrics{};    ///< where the test metrics go; empty: nowhere
};

/// Adds the log, `--format`, `--resume`, `--no-holdout` and `--metrics`.
void add_learning_arguments(CLI::App& command, learning_arguments& arguments);

/// Splits the log as the arguments say. Throws CLI::ValidationError for arguments that exclude each other and
/// file_error if nothing can be held out.
data_split split_for_learning(const interaction_log& log, const learning_arguments& arguments);

/// Loads the model file of an interrupted run, after checking that it was made with the same settings.
checkpoint load_for_resuming(const std::string& path, const std::string& settings);

/// One of the two ways to learn, `train` or `align`, with its data and options bound.
using learn_function = std::function<void(model& best, training_state& state, const epoch_callback& on_epoch,
                                          const validator& validate)>;

/// Learns from where `run` stands, showing progress, and writes `run` to `arguments.output` after each epoch, which `score`
/// validates. Ends with a line about what was done.
void learn_and_save(checkpoint& run, const learning_arguments& arguments, const loop_options& options,
                    const data_split& split, const std::function<scorer(const model&)>& score,
                    const learn_function& learn);

}  // namespace sasrec
