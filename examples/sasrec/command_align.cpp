#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "align.hpp"
#include "commands.hpp"
#include "learning.hpp"
#include "model_log.hpp"
#include "report.hpp"

namespace sasrec {
namespace {

struct align_arguments {
  learning_arguments learning{.output = "aligned.sasrec"};
  std::string model = "model.sasrec";
  std::optional<int> negatives;
  align_options options;
};

std::vector<std::string> objective_names() {
  std::vector<std::string> names;
  for (const objective_info& objective : known_objectives) names.emplace_back(objective.id);
  return names;
}

void report(const model& before, const model& after, const interaction_log& log, const data_split& split,
            const align_arguments& arguments) {
  if (split.test.empty()) return;
  const auto row = [&](const std::string& name, const model& recommender, const auto& cases) {
    return metrics_row{
        name, evaluate_full(score_by_model(recommender), cases, log.items, arguments.options.threads)};
  };
  const std::vector<metrics_row> rows{
      row("before, validation", before, split.validation), row("after, validation", after, split.validation),
      row("before, test", before, split.test), row("after, test", after, split.test)};
  fmt::print("\nleave-one-out, all items outside the history, {} users\n{}", with_commas(split.test.size()),
             metrics_table(rows));
  if (!arguments.learning.metrics.empty())
    write_metrics(arguments.learning.metrics, "full", split.test.size(), rows.back().metrics);
}

void run_align(const CLI::App& command, const align_arguments& arguments) {
  const learning_arguments& learning = arguments.learning;
  const checkpoint source = load(arguments.model);
  const interaction_log log = open_log_for(source, learning.log);
  const data_split split = split_for_learning(log, learning);
  const std::string settings = settings_json(command, log, &source.best);
  checkpoint run = learning.resume ? load_for_resuming(learning.output, settings)
                                   : checkpoint{source.best, log.item_ids, settings, training_state{}};
  learn_and_save(
      run, learning, arguments.options, split,
      [&](model& best, training_state& state, const epoch_callback& on_epoch, const validator& validate) {
        align(best, source.best, split.train, arguments.options, state, on_epoch, validate);
      });
  report(source.best, run.best, log, split, arguments);
}

void add_objective_arguments(CLI::App& command, align_arguments& arguments) {
  align_options& options = arguments.options;
  objective_settings& settings = options.settings;
  add_setting(command, "--objective", options.objective, "What is minimised")
      ->check(CLI::IsMember(objective_names()));
  add_setting(command, "--beta", settings.beta,
              "How strongly preferences count against staying near the reference")
      ->check(CLI::PositiveNumber);
  add_setting(command, "--label-smoothing", settings.label_smoothing,
              "cdpo, robust_dpo: share of flipped labels")
      ->check(CLI::Range(0.0, 0.49));
  add_setting(command, "--temperature", settings.temperature, "softmax: scores are divided by it")
      ->check(CLI::PositiveNumber);
  add_setting(command, "--gbce-t", settings.gbce_t, "gbce: calibration, 0 is plain bce")
      ->check(CLI::Range(0.0, 1.0));
  add_setting(command, "--top-m", settings.top_m, "plackett_luce_topm: places of the order that are observed")
      ->check(CLI::PositiveNumber);
  add_setting(command, "--dpo-weight", settings.dpo_weight, "rpo: weight of the dpo term")
      ->check(CLI::NonNegativeNumber);
  add_setting(command, "--nll-weight", settings.nll_weight, "rpo: weight of the likelihood term")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--negatives", arguments.negatives,
                  "Rejected items per position (default: 1 for objectives that compare pairs, otherwise 15)")
      ->check(CLI::PositiveNumber);
  add_setting(command, "--sampler", options.sampler, "Where they come from: uniform, popularity or in_batch")
      ->check(CLI::IsMember({"uniform", "popularity", "in_batch"}));
  add_setting(command, "--popularity-exponent", options.popularity_exponent,
              "popularity draws in proportion to count^exponent")
      ->check(CLI::NonNegativeNumber);
  command.add_flag("--log-q", options.log_q, "softmax: correct for how probable each draw was");
}

/// Pairwise objectives have one negative, and say so when they are given more.
int negatives_of(const align_arguments& arguments) {
  const bool pairwise = find_objective(arguments.options.objective).pairwise;
  const int negatives = arguments.negatives.value_or(pairwise ? 1 : 15);
  if (pairwise && negatives != 1)
    throw CLI::ValidationError(
        "--negatives", arguments.options.objective + " compares with a single rejected item, expected 1");
  return negatives;
}

}  // namespace

void add_align_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("align", "Align a model with preferences, a frozen copy of it being the reference");
  const auto arguments = std::make_shared<align_arguments>();
  add_learning_arguments(*command, arguments->learning);
  add_setting(*command, "-m,--model", arguments->model, "The model file to start from");
  add_setting(*command, "-o,--output", arguments->learning.output, "The model file to write");
  add_objective_arguments(*command, *arguments);
  add_loop_arguments(*command, arguments->options);
  command->callback([=] {
    arguments->options.negatives = negatives_of(*arguments);
    run_align(*command, *arguments);
  });
}

}  // namespace sasrec
