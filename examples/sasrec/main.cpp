#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <prefopt/version.hpp>

#include "commands.hpp"

/// `sasrec`: a sequential recommender, aligned with preferences. Exit status 0 for success, 1 for a failure
/// (a file, a number that is not finite, ...), 2 for arguments that make no sense, 130 for Ctrl-C.
int main(int argc, char** argv) {
  CLI::App app(
      "SASRec, a sequential recommender: pre-train it on an interaction log, align it with preferences");
  app.set_version_flag("--version", fmt::format("sasrec, of prefopt {}.{}.{}", PREFOPT_VERSION_MAJOR,
                                                PREFOPT_VERSION_MINOR, PREFOPT_VERSION_PATCH));
  app.require_subcommand(1);
  sasrec::add_train_command(app);
  sasrec::add_align_command(app);
  sasrec::add_evaluate_command(app);
  sasrec::add_recommend_command(app);
  sasrec::add_demo_command(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    fmt::print(stderr, "sasrec: {} (see sasrec --help)\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "sasrec: {}\n", error.what());
    return 1;
  }
}
