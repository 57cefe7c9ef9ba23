#pragma once

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "log.hpp"
#include "model.hpp"
#include "training_loop.hpp"

/// \file
/// Arguments that several commands share.

namespace sasrec {

struct log_arguments {
  std::string path;
  std::string format{name_of(log_format::automatic)};
};

/// Adds the log and `--format`. The log's option is returned: it is not required unless the caller says so.
CLI::Option* add_log_arguments(CLI::App& command, log_arguments& arguments);

/// Reads the log and says on stdout what it holds.
interaction_log open_log(const log_arguments& arguments);

/// Adds what `loop_options` holds: `--epochs`, `--batch-size`, `--seed`, ...
void add_loop_arguments(CLI::App& command, loop_options& options);

/// Adds `--threads`.
void add_threads_argument(CLI::App& command, int& threads);

/// Adds an option that shows its default.
template <class Value>
CLI::Option* add_setting(CLI::App& command, const std::string& name, Value& value, const std::string& help) {
  return command.add_option(name, value, help)->capture_default_str();
}

/// Every option of `command` that changes what a run computes, with its value, as JSON. Left out are those
/// that say where things are and how long to go on. The log counts by what it holds, and so does `reference`,
/// the model that alignment starts from.
std::string settings_json(const CLI::App& command, const interaction_log& log,
                          const model* reference = nullptr);

/// Throws std::runtime_error naming the first setting in which `wanted` differs from what `path` was made
/// with.
void check_same_settings(const std::string& path, const std::string& made_with, const std::string& wanted);

}  // namespace sasrec
