#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "align.hpp"
#include "commands.hpp"
#include "learning.hpp"
#include "model_log.hpp"
#include "objective_parts.hpp"
#include "report.hpp"
#include "samplers.hpp"

namespace sasrec {
namespace {

struct align_arguments {
  learning_arguments learning{.output = "aligned.sasrec"};
  std::string model = "model.sasrec";
  std::optional<int> negatives;
  std::optional<std::string> sampler;
  std::vector<std::string> settings;
  align_options options;
};

void report(const model& before, const model& after, const interaction_log& log, const data_split& split,
            const align_arguments& arguments, const engine& with) {
  if (split.test.empty()) return;
  const auto row = [&](const std::string& name, const model& recommender, const auto& cases) {
    return metrics_row{name,
                       evaluate_full(with.score(recommender), cases, log.items, arguments.options.threads)};
  };
  const std::vector<metrics_row> rows{
      row("before, validation", before, split.validation), row("after, validation", after, split.validation),
      row("before, test", before, split.test), row("after, test", after, split.test)};
  fmt::print("\nleave-one-out, all items outside the history, {} users\n{}", with_commas(split.test.size()),
             metrics_table(rows));
  if (!arguments.learning.metrics.empty())
    write_metrics(arguments.learning.metrics, "full", split.test.size(), rows.back().metrics);
}

void run_align(const CLI::App& command, const align_arguments& arguments, const engine& with) {
  const learning_arguments& learning = arguments.learning;
  const checkpoint source = load(arguments.model);
  const interaction_log log = open_log_for(source, learning.log);
  const data_split split = split_for_learning(log, learning);
  const std::string settings = settings_json(command, log, &source.best);
  checkpoint run = learning.resume ? load_for_resuming(learning.output, settings)
                                   : checkpoint{source.best, log.item_ids, settings, training_state{}};
  learn_and_save(
      run, learning, arguments.options, split, with.score,
      [&](model& best, training_state& state, const epoch_callback& on_epoch, const validator& validate) {
        align(best, source.best, split.train, arguments.options, state, on_epoch, validate, with.compute);
      });
  report(source.best, run.best, log, split, arguments, with);
}

/// `--label-smoothing 0.1` is `--set label_smoothing=0.1`; β is no case of it, having a default of its own.
void add_shorthand(CLI::App& command, align_arguments& arguments, const std::string& option,
                   const std::string& setting, const std::string& help) {
  command
      .add_option_function<double>(
          option, [&arguments, setting](double value) { arguments.options.settings[setting] = value; }, help)
      ->type_name("FLOAT");
}

void add_part(CLI::App& command, std::string& name, const std::string& option,
              const std::vector<std::string>& names, const std::string& help) {
  command
      .add_option(option, name,
                  fmt::format("{}: {} (default: the objective's own)", help, fmt::join(names, ", ")))
      ->check(CLI::IsMember(names));
}

void add_objective_arguments(CLI::App& command, align_arguments& arguments) {
  align_options& options = arguments.options;
  add_setting(command, "--objective", options.objective,
              "What is minimised: any recipe of prefopt's, see docs/objectives.md");
  add_setting(command, "--beta", options.beta,
              "How strongly preferences count against staying near the reference")
      ->check(CLI::PositiveNumber);
  command
      .add_option(
          "--set", arguments.settings,
          "Settings, as gamma=0.5, strength.alpha=0.6, selection.count=3 or sampler.skip=5; may be repeated")
      ->allow_extra_args(false)
      ->type_name("NAME=NUMBER");
  add_part(command, options.parts.strength, "--strength", strength_names(), "How beta is chosen");
  add_part(command, options.parts.selection, "--selection", selection_names(), "Which rejected items count");
  add_shorthand(command, arguments, "--label-smoothing", "label_smoothing",
                "cdpo ...: share of flipped labels");
  add_shorthand(command, arguments, "--temperature", "temperature", "softmax ...: scores are divided by it");
  add_shorthand(command, arguments, "--gbce-t", "t", "gbce: calibration, 0 is plain bce");
  add_shorthand(command, arguments, "--top-m", "top_m", "plackett_luce_topm: places that are observed");
  add_shorthand(command, arguments, "--dpo-weight", "dpo_weight", "rpo, rodpo: weight of the dpo term");
  add_shorthand(command, arguments, "--nll-weight", "nll_weight", "rpo ...: weight of the likelihood term");
}

void add_negative_arguments(CLI::App& command, align_arguments& arguments) {
  align_options& options = arguments.options;
  command
      .add_option("--negatives", arguments.negatives,
                  "Rejected items per position (default: 1 for objectives that compare pairs, otherwise 15)")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--sampler", arguments.sampler,
                  fmt::format("Where they come from: {} (default: topk_softmax for rodpo, otherwise uniform)",
                              fmt::join(sampler_names(), ", ")))
      ->check(CLI::IsMember(sampler_names()));
  const auto add = [&](const std::string& option, const std::string& setting, const std::string& help) {
    command
        .add_option_function<double>(
            option, [&options, setting](double value) { options.sampling[setting] = value; }, help)
        ->type_name("NUMBER");
  };
  add("--pool", "pool", "topk_uniform ...: of how many of the hardest items they are drawn (default: 50)");
  add("--sampler-temperature", "temperature",
      "topk_softmax ...: scores are divided by it (default: 1; self_play: 0, its best item)");
  add("--popularity-exponent", "alpha", "popularity: drawn in proportion to count^exponent (default: 0.75)");
  add_setting(command, "--refresh", options.refresh,
              "Samplers that look at scores: steps between two looks; 1: always, 0: once an epoch")
      ->check(CLI::NonNegativeNumber);
  command.add_flag("--log-q", options.log_q, "softmax: correct for how probable each draw was");
}

void add_reference_arguments(CLI::App& command, align_arguments& arguments) {
  align_options& options = arguments.options;
  reference_settings& reference = options.reference;
  add_setting(command, "--reference", reference.name,
              "What the policy is compared with: frozen, none, periodic_sync or moving_average")
      ->check(CLI::IsMember(reference_names()));
  add_setting(command, "--sync-every", reference.every, "periodic_sync: steps between two moves")
      ->check(CLI::PositiveNumber);
  add_setting(command, "--sync-mixup", reference.mixup,
              "periodic_sync: how far the reference moves, 1: all the way")
      ->check(CLI::Range(0.0, 1.0));
  add_setting(command, "--reference-decay", reference.decay, "moving_average: what is kept at each step")
      ->check(CLI::Range(0.0, 1.0));
  add_setting(command, "--noise", options.noise,
              "Standard deviation of noise on the item embeddings in training (NoDO); 0: off")
      ->check(CLI::NonNegativeNumber);
}

/// Whatever is wrong with names and settings is said before any file is read.
void complete_options(align_arguments& arguments) {
  align_options& options = arguments.options;
  try {
    for (const std::string& text : arguments.settings) {
      const auto [name, value] = parse_setting(text);
      constexpr std::string_view of_sampler = "sampler.";
      if (name.starts_with(of_sampler))
        options.sampling[name.substr(of_sampler.size())] = value;
      else
        options.settings[name] = value;
    }
    const bool pairwise = check_objective(options.objective, options.settings, options.parts).pairwise();
    options.negatives = arguments.negatives.value_or(pairwise ? 1 : 15);
    if (pairwise && options.negatives != 1)
      throw CLI::ValidationError("--negatives",
                                 options.objective + " compares with a single rejected item, expected 1");
  } catch (const std::invalid_argument& error) {
    throw CLI::ValidationError("--objective", error.what());
  }
  options.sampler = arguments.sampler.value_or(options.objective == "rodpo" ? "topk_softmax" : "uniform");
  try {
    make_sampler(options.sampler, options.sampling, std::vector<double>(1, 1.0));
  } catch (const std::invalid_argument& error) {
    throw CLI::ValidationError("--sampler", error.what());
  }
}

}  // namespace

void add_align_command(CLI::App& app, const engine& with) {
  CLI::App* command =
      app.add_subcommand("align", "Align a model with preferences, a copy of it being the reference");
  const auto arguments = std::make_shared<align_arguments>();
  add_learning_arguments(*command, arguments->learning);
  add_setting(*command, "-m,--model", arguments->model, "The model file to start from");
  add_setting(*command, "-o,--output", arguments->learning.output, "The model file to write");
  add_objective_arguments(*command, *arguments);
  add_negative_arguments(*command, *arguments);
  add_reference_arguments(*command, *arguments);
  add_loop_arguments(*command, arguments->options);
  command->callback([=] {
    complete_options(*arguments);
    run_align(*command, *arguments, with);
  });
}

}  // namespace sasrec
