#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "learning.hpp"
#include "report.hpp"
#include "train.hpp"

namespace sasrec {
namespace {

struct train_arguments {
  learning_arguments learning{.output = "model.sasrec"};
  model_config model;
  train_options options;
};

void report(const checkpoint& run, const interaction_log& log, const data_split& split,
            const train_arguments& arguments, const engine& with) {
  if (split.test.empty()) return;
  const int threads = arguments.options.threads;
  const scorer by_model = with.score(run.best);
  const std::vector<metrics_row> rows{
      {"popularity, test", evaluate_full(score_by_popularity(count_items(split.train, log.items)), split.test,
                                         log.items, threads)},
      {"SASRec, validation", evaluate_full(by_model, split.validation, log.items, threads)},
      {"SASRec, test", evaluate_full(by_model, split.test, log.items, threads)}};
  fmt::print("\nleave-one-out, all items outside the history, {} users\n{}", with_commas(split.test.size()),
             metrics_table(rows));
  if (!arguments.learning.metrics.empty())
    write_metrics(arguments.learning.metrics, "full", split.test.size(), rows.back().metrics);
}

void run_train(const CLI::App& command, train_arguments arguments, const engine& with) {
  const learning_arguments& learning = arguments.learning;
  const interaction_log log = open_log(learning.log);
  const data_split split = split_for_learning(log, learning);
  arguments.model.items = log.items;
  arguments.model.seed = arguments.options.seed;
  const std::string settings = settings_json(command, log);
  checkpoint run = learning.resume
                       ? load_for_resuming(learning.output, settings)
                       : checkpoint{model(arguments.model), log.item_ids, settings, training_state{}};
  learn_and_save(
      run, learning, arguments.options, split, with.score,
      [&](model& best, training_state& state, const epoch_callback& on_epoch, const validator& validate) {
        train(best, split.train, arguments.options, state, on_epoch, validate, with.compute);
      });
  report(run, log, split, arguments, with);
}

void add_model_arguments(CLI::App& command, model_config& model) {
  add_setting(command, "--dim", model.dim, "Width of the model")->check(CLI::PositiveNumber);
  add_setting(command, "--max-length", model.max_length, "Items of a history that are read, the latest ones")
      ->check(CLI::PositiveNumber);
  add_setting(command, "--blocks", model.blocks, "Self-attention blocks")->check(CLI::NonNegativeNumber);
  add_setting(command, "--heads", model.heads, "Attention heads; must divide --dim")
      ->check(CLI::PositiveNumber);
  add_setting(command, "--dropout", model.dropout, "Share of activations dropped while learning")
      ->check(CLI::Range(0.0, 0.99));
}

void add_loss_arguments(CLI::App& command, train_options& options) {
  add_setting(command, "--loss", options.loss, "What is minimised")->check(CLI::IsMember(train_losses()));
  add_setting(command, "--negatives", options.negatives, "Drawn items per position; not used by full_softmax")
      ->check(CLI::PositiveNumber);
  add_setting(command, "--sampler", options.sampler, "Where they come from: uniform or popularity")
      ->check(CLI::IsMember({"uniform", "popularity"}));
  add_setting(command, "--popularity-exponent", options.popularity_exponent,
              "popularity draws in proportion to count^exponent")
      ->check(CLI::NonNegativeNumber);
  command.add_flag("--log-q", options.log_q, "softmax: correct for how probable each draw was");
  add_setting(command, "--temperature", options.temperature, "softmax: scores are divided by it")
      ->check(CLI::PositiveNumber);
  add_setting(command, "--gbce-t", options.gbce_t, "gbce: calibration, 0 is plain bce")
      ->check(CLI::Range(0.0, 1.0));
}

}  // namespace

void add_train_command(CLI::App& app, const engine& with) {
  CLI::App* command = app.add_subcommand("train", "Pre-train a model on an interaction log and save it");
  const auto arguments = std::make_shared<train_arguments>();
  add_learning_arguments(*command, arguments->learning);
  add_setting(*command, "-m,--model", arguments->learning.output, "The model file to write");
  add_model_arguments(*command, arguments->model);
  add_loss_arguments(*command, arguments->options);
  add_loop_arguments(*command, arguments->options);
  command->callback([=] {
    if (arguments->model.dim % arguments->model.heads != 0)
      throw CLI::ValidationError("--heads", "must divide --dim");
    run_train(*command, *arguments, with);
  });
}

}  // namespace sasrec
