#pragma once

#include <CLI/CLI.hpp>

/// \file
/// The program's commands. Each function adds one to `app`; it runs while `app` parses the arguments that
/// name it, and throws what went wrong: CLI::ParseError for arguments, std::exception for everything else.

namespace sasrec {

void add_train_command(CLI::App& app);
void add_align_command(CLI::App& app);
void add_evaluate_command(CLI::App& app);
void add_recommend_command(CLI::App& app);
void add_demo_command(CLI::App& app);

}  // namespace sasrec
