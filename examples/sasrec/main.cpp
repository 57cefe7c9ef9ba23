#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "program.hpp"

/// `sasrec`: a sequential recommender, aligned with preferences.
int main(int argc, char** argv) {
  CLI::App app(
      "SASRec, a sequential recommender: pre-train it on an interaction log, align it with preferences");
  sasrec::add_train_command(app);
  sasrec::add_align_command(app);
  sasrec::add_evaluate_command(app);
  sasrec::add_recommend_command(app);
  sasrec::add_demo_command(app);
  return sasrec::run_program(app, "sasrec", argc, argv);
}
