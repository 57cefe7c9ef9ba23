#pragma once

#include <functional>

#include <CLI/CLI.hpp>

#include "backend.hpp"
#include "evaluation.hpp"

/// \file
/// The program's commands. Each function adds one to `app`; it runs while `app` parses the arguments that
/// name it, and throws what went wrong: CLI::ParseError for arguments, std::exception for everything else.

namespace sasrec {

/// Who does the arithmetic: of learning, and of scoring the catalogue for a history.
struct engine {
  backend compute = layers;
  std::function<scorer(const model&)> score = score_by_model;
};

void add_train_command(CLI::App& app, const engine& with = {});
void add_align_command(CLI::App& app, const engine& with = {});
void add_evaluate_command(CLI::App& app, const engine& with = {});
void add_recommend_command(CLI::App& app);
void add_demo_command(CLI::App& app);

}  // namespace sasrec
