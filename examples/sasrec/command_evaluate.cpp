#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "candidates.hpp"
#include "checkpoint.hpp"
#include "commands.hpp"
#include "model_log.hpp"
#include "report.hpp"

namespace sasrec {
namespace {

struct evaluate_arguments {
  log_arguments log;
  std::string model = "model.sasrec";
  std::string protocol = "full";
  std::string on = "test";
  std::string candidates;
  int negatives = 100;
  std::uint64_t seed = 1;
  int threads = 2;
  std::string metrics;
};

/// What a protocol measured, and in words how.
struct outcome {
  std::string description;
  std::size_t users = 0;
  std::vector<metrics_row> rows{};
};

/// full and sampled: the held-out item of each user of a log.
outcome evaluate_log(const checkpoint& file, const evaluate_arguments& arguments, const engine& with) {
  const interaction_log log = open_log_for(file, arguments.log);
  const data_split split = split_leave_one_out(log);
  const auto& cases = arguments.on == "test" ? split.test : split.validation;
  if (cases.empty())
    throw std::runtime_error(
        fmt::format("{}: no user has three interactions, so none is held out", arguments.log.path));
  const scorer by_model = with.score(file.best);
  const scorer by_popularity = score_by_popularity(count_items(split.train, log.items));
  if (arguments.protocol == "full")
    return {fmt::format("leave-one-out on {}, all items outside the history", arguments.on),
            cases.size(),
            {{"popularity", evaluate_full(by_popularity, cases, log.items, arguments.threads)},
             {"SASRec", evaluate_full(by_model, cases, log.items, arguments.threads)}}};
  const auto candidates = sample_candidates(cases, log.items, arguments.negatives, arguments.seed);
  return {fmt::format("leave-one-out on {}, target against {} items drawn uniformly with seed {}",
                      arguments.on, arguments.negatives, arguments.seed),
          cases.size(),
          {{"popularity", evaluate_among(by_popularity, cases, candidates, log.items, arguments.threads)},
           {"SASRec", evaluate_among(by_model, cases, candidates, log.items, arguments.threads)}}};
}

/// candidates: the records of a file.
outcome evaluate_candidate_file(const checkpoint& file, const evaluate_arguments& arguments,
                                const engine& with) {
  const candidate_records records = read_candidates(arguments.candidates, id_table(file.item_ids));
  const auto cases = records.cases();
  outcome result{.description = fmt::format("candidates of {}, {} records", arguments.candidates,
                                            with_commas(records.size())),
                 .users = records.users};
  const std::int32_t items = file.best.config().items;
  result.rows.push_back(
      {"SASRec", evaluate_among(with.score(file.best), cases, records.candidates, items, arguments.threads)});
  return result;
}

void run_evaluate(const evaluate_arguments& arguments, const engine& with) {
  const bool from_file = arguments.protocol == "candidates";
  if (from_file && arguments.candidates.empty())
    throw CLI::ValidationError("--protocol candidates", "needs --candidates FILE");
  if (!from_file && arguments.log.path.empty())
    throw CLI::ValidationError("--protocol " + arguments.protocol, "needs a log");
  const checkpoint file = load(arguments.model);
  const outcome result =
      from_file ? evaluate_candidate_file(file, arguments, with) : evaluate_log(file, arguments, with);
  fmt::print("{}; {} users\n{}", result.description, with_commas(result.users), metrics_table(result.rows));
  if (!arguments.metrics.empty())
    write_metrics(arguments.metrics, arguments.protocol, result.users, result.rows.back().metrics);
}

}  // namespace

void add_evaluate_command(CLI::App& app, const engine& with) {
  CLI::App* command = app.add_subcommand("evaluate", "Measure how well a model ranks what came next");
  const auto arguments = std::make_shared<evaluate_arguments>();
  add_log_arguments(*command, arguments->log);
  add_setting(*command, "-m,--model", arguments->model, "The model file");
  add_setting(
      *command, "--protocol", arguments->protocol,
      "full: against all items outside the history; sampled: against some of these; candidates: against "
      "those in a file")
      ->check(CLI::IsMember({"full", "sampled", "candidates"}));
  add_setting(*command, "--on", arguments->on,
              "Which held-out item, test (the last) or validation (the one before)")
      ->check(CLI::IsMember({"test", "validation"}));
  command->add_option("--candidates", arguments->candidates,
                      "JSON lines {\"user\", \"history\", \"candidates\", \"target\"}; plain or gzipped");
  add_setting(*command, "--negatives", arguments->negatives, "sampled: how many items beside the target")
      ->check(CLI::PositiveNumber);
  add_setting(*command, "--seed", arguments->seed, "sampled: of the draw");
  add_threads_argument(*command, arguments->threads);
  command->add_option("--metrics", arguments->metrics, "Write the metrics to this file, as JSON");
  command->callback([=] { run_evaluate(*arguments, with); });
}

}  // namespace sasrec
