#include "learning.hpp"

#include <chrono>
#include <stdexcept>

#include <fmt/format.h>

#include "interrupt.hpp"
#include "parameters.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "text_file.hpp"

namespace sasrec {
namespace {

std::size_t count_parameters(const model& recommender) {
  std::size_t count = 0;
  for_each_parameter(recommender, [&](const std::string&, const matrix& values) {
    count += static_cast<std::size_t>(values.size());
  });
  return count;
}

/// `run_training_loop` looks at its stopping rules after an epoch; a finished run must not get one more.
bool is_finished(const training_state& state, const loop_options& options) {
  return state.epoch >= options.epochs ||
         (options.patience > 0 && state.epoch > 0 && state.epoch - state.best_epoch >= options.patience);
}

}  // namespace

void add_learning_arguments(CLI::App& command, learning_arguments& arguments) {
  add_log_arguments(command, arguments.log)->required();
  command.add_flag("--resume", arguments.resume,
                   "Continue an interrupted run: the same command again, with this flag");
  command.add_flag("--no-holdout", arguments.no_holdout,
                   "Learn from whole sequences; otherwise each user's last two items are held out for "
                   "validation and test");
  command.add_option("--metrics", arguments.metrics, "Write the test metrics to this file, as JSON");
}

data_split split_for_learning(const interaction_log& log, const learning_arguments& arguments) {
  if (arguments.no_holdout && !arguments.metrics.empty())
    throw CLI::ValidationError("--metrics", "with --no-holdout there is no test to measure");
  if (arguments.no_holdout) return split_nothing(log);
  data_split split = split_leave_one_out(log);
  if (split.test.empty())
    throw file_error(
        fmt::format("{}: no user has three interactions, so none can be held out (see --no-holdout)",
                    arguments.log.path));
  return split;
}

checkpoint load_for_resuming(const std::string& path, const std::string& settings) {
  checkpoint run = load(path);
  if (!run.training)
    throw std::runtime_error(fmt::format("{} cannot be resumed: it holds no training state", path));
  check_same_settings(path, run.settings, settings);
  return run;
}

void learn_and_save(checkpoint& run, const learning_arguments& arguments, const loop_options& options,
                    const data_split& split, const std::function<scorer(const model&)>& score,
                    const learn_function& learn) {
  training_state& state = run.training.value();
  const std::int32_t items = run.best.config().items;
  const validator validate = [&](const model& candidate) -> validation {
    const auto metrics = evaluate_full(score(candidate), split.validation, items, options.threads);
    return {.hr10 = metrics.hit_rate(10), .ndcg10 = metrics.ndcg(10)};
  };
  const auto start = std::chrono::steady_clock::now();
  const int first_epoch = state.epoch;
  if (!is_finished(state, options)) {
    progress_display progress;
    interrupt_guard guard("\nsasrec: interrupted before the first epoch was complete, nothing was saved\n");
    const epoch_callback on_epoch = [&](const epoch_report& report) {
      progress.show(report);
      guard.save_and_say(
          [&] { save(arguments.output, run); },
          fmt::format("\nsasrec: interrupted; {} holds epoch {}, --resume continues from there\n",
                      arguments.output, report.epoch));
      return true;
    };
    learn(run.best, state, on_epoch, split.validation.empty() ? validator() : validate);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fmt::print("{} epochs in {}; {} holds epoch {}, {} parameters\n", state.epoch - first_epoch,
             duration_text(seconds), arguments.output, state.best_epoch,
             with_commas(count_parameters(run.best)));
}

}  // namespace sasrec
