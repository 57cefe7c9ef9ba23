#include "program.hpp"

#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include <prefopt/version.hpp>

namespace sasrec {

int run_program(CLI::App& app, const std::string& name, int argc, char** argv) {
  app.set_version_flag("--version", fmt::format("{}, of prefopt {}.{}.{}", name, PREFOPT_VERSION_MAJOR,
                                                PREFOPT_VERSION_MINOR, PREFOPT_VERSION_PATCH));
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    fmt::print(stderr, "{}: {} (see {} --help)\n", name, error.what(), name);
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return 1;
  }
}

}  // namespace sasrec
