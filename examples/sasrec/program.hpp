#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace sasrec {

/// Parses the arguments, which runs the command that they name. Exit status 0 for success, 1 for a failure (a file, a number
/// that is not finite, ...), 2 for arguments that make no sense, 130 for Ctrl-C.
int run_program(CLI::App& app, const std::string& name, int argc, char** argv);

}  // namespace sasrec
