#include "arguments.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "parameters.hpp"
#include "random.hpp"
#include "report.hpp"

namespace sasrec {
namespace {

/// Changing these leaves every number of a run as it is.
constexpr std::array<std::string_view, 12> not_settings{"help",    "log",     "format", "model",
                                                        "output",  "resume",  "epochs", "patience",
                                                        "threads", "metrics", "titles", "version"};

/// A number that tells logs apart.
std::string fingerprint(const interaction_log& log) {
  std::uint64_t hash = mix(0, static_cast<std::uint64_t>(log.items));
  for (const auto& sequence : log.sequences) {
    hash = mix(hash, sequence.size());
    for (const std::int32_t item : sequence) hash = mix(hash, static_cast<std::uint64_t>(item));
  }
  return fmt::format("{:016x}", hash);
}

/// A number that tells models apart.
std::string fingerprint(const model& recommender) {
  std::uint64_t hash = 0;
  for_each_parameter(recommender, [&](const std::string&, const matrix& values) {
    for (Index i = 0; i < values.size(); ++i)
      hash = mix(hash, std::bit_cast<std::uint32_t>(values.data()[i]));
  });
  return fmt::format("{:016x}", hash);
}

std::string value_of(const CLI::Option& option) {
  return option.count() > 0 ? fmt::format("{}", fmt::join(option.results(), ",")) : option.get_default_str();
}

}  // namespace

CLI::Option* add_log_arguments(CLI::App& command, log_arguments& arguments) {
  add_setting(command, "--format", arguments.format,
              "What the log is: auto (by content), u.data, csv, dat, inter, sequences or pairs")
      ->check([](const std::string& name) {
        try {
          log_format_named(name);
          return std::string();
        } catch (const std::invalid_argument& error) {
          return std::string(error.what());
        }
      });
  return command.add_option("log", arguments.path,
                            "Interaction log: MovieLens u.data, ratings.csv or ratings.dat, RecBole .inter, "
                            "'user item item ...' or 'user item' lines; plain or gzipped");
}

interaction_log open_log(const log_arguments& arguments) {
  interaction_log log = read_log(arguments.path, log_format_named(arguments.format));
  fmt::print("{}\n", describe(arguments.path, log));
  std::fflush(stdout);  // before the progress on stderr, also where stdout is no terminal
  return log;
}

void add_loop_arguments(CLI::App& command, loop_options& options) {
  add_setting(command, "--epochs", options.epochs, "Epochs at most")->check(CLI::PositiveNumber);
  add_setting(command, "--patience", options.patience,
              "Stop after so many epochs without a better validation NDCG@10; 0: never")
      ->check(CLI::NonNegativeNumber);
  add_setting(command, "--batch-size", options.batch_size, "Sequences per step")->check(CLI::PositiveNumber);
  add_setting(command, "--learning-rate", options.learning_rate, "Adam's learning rate")
      ->check(CLI::PositiveNumber);
  add_setting(command, "--weight-decay", options.weight_decay, "Decoupled weight decay")
      ->check(CLI::NonNegativeNumber);
  add_setting(command, "--clip-norm", options.clip_norm, "Longest gradient that is not shortened; 0: any")
      ->check(CLI::NonNegativeNumber);
  add_setting(command, "--seed", options.seed, "Of every random number; the same seed gives the same model");
  add_threads_argument(command, options.threads);
}

void add_threads_argument(CLI::App& command, int& threads) {
  add_setting(command, "--threads", threads, "Threads; changes the speed and nothing else")
      ->check(CLI::PositiveNumber);
}

std::string settings_json(const CLI::App& command, const interaction_log& log, const model* reference) {
  nlohmann::ordered_json settings{{"command", command.get_name()}, {"log", fingerprint(log)}};
  if (reference != nullptr) settings["reference"] = fingerprint(*reference);
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_single_name();
    if (std::find(not_settings.begin(), not_settings.end(), name) == not_settings.end())
      settings[name] = value_of(*option);
  }
  return settings.dump();
}

void check_same_settings(const std::string& path, const std::string& made_with, const std::string& wanted) {
  const auto made = nlohmann::json::parse(made_with, nullptr, false);
  const auto now = nlohmann::ordered_json::parse(wanted);
  const auto text = [](const auto& value) {
    return value.is_string() ? value.template get<std::string>() : value.dump();
  };
  for (const auto& [name, value] : now.items()) {
    const std::string before = made.is_object() && made.contains(name) ? text(made[name]) : "unknown";
    if (before != text(value))
      throw std::runtime_error(fmt::format("{} cannot be resumed: it was made with {} = {}, now it is {}",
                                           path, name, before, text(value)));
  }
}

}  // namespace sasrec
