#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "align.hpp"
#include "arguments.hpp"
#include "commands.hpp"
#include "evaluation.hpp"
#include "negatives.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "split.hpp"
#include "train.hpp"
#include "world.hpp"

namespace sasrec {
namespace {

struct demo_arguments {
  world_config world;
  int pre_training_epochs = 12;
  int alignment_epochs = 4;
  std::uint64_t seed = 1;
  int threads = 2;
};

/// A line of the table.
struct demo_row {
  std::string name;
  ranking_metrics metrics;
  std::string seconds{}, rate{}, liked{};
};

/// What the callbacks of a run add up to.
struct time_spent {
  double seconds = 0, examples = 0;

  void add(const epoch_report& report) {
    seconds += report.seconds;
    examples += report.examples_per_second * report.seconds;
  }
  std::string seconds_text() const { return fmt::format("{:.1f}", seconds); }
  std::string rate_text() const { return with_commas(static_cast<std::size_t>(examples / seconds)); }
};

/// The world, what may be learnt of it, and what is measured.
class demonstration {
 public:
  explicit demonstration(const demo_arguments& arguments)
      : arguments_(arguments), world_(arguments.world), split_(split_leave_one_out(world_.log())) {}

  void introduce() const {
    fmt::print(
        "A simulated world (seed {}): {} users, {} items, {} choices. A user likes {:.1f} % of the items, and what\n"
        "she chose is all that the log tells. Each user's last choice is asked for, among all items new to her.\n\n",
        arguments_.seed, with_commas(world_.log().sequences.size()),
        with_commas(static_cast<std::size_t>(world_.log().items)), with_commas(world_.log().interactions),
        100 * mean_like());
    std::fflush(stdout);
  }

  demo_row popularity() const {
    return {"popularity", measure(score_by_popularity(count_items(split_.train, world_.log().items)), split_.test)};
  }

  /// Ranks by how probable a choice is for somebody who knows the world: nobody can do much better.
  demo_row knowing_the_world() const {
    const scorer score = [&](std::span<const ranking_case> cases, matrix& scores) {
      scores.resize(static_cast<Index>(cases.size()), world_.log().items);
      for (std::size_t c = 0; c < cases.size(); ++c) {
        const std::vector<double> preference = world_.preference(cases[c].user, cases[c].history.back());
        for (std::size_t i = 0; i < preference.size(); ++i)
          scores(static_cast<Index>(c), static_cast<Index>(i)) =
              static_cast<float>(preference[i] * world_.exposure()[i]);
      }
    };
    return {"knowing the world", measure(score, split_.test)};
  }

  model pre_train(std::vector<demo_row>& rows) const {
    train_options options;
    options.epochs = arguments_.pre_training_epochs;
    options.seed = arguments_.seed;
    options.threads = arguments_.threads;
    model best({.items = world_.log().items, .dim = 32, .max_length = 30, .seed = arguments_.seed});
    training_state state;
    time_spent time;
    fmt::print(stderr, "pre-training, {}\n", options.loss);
    {
      progress_display progress;
      train(best, split_.train, options, state, watch(progress, time), validate());
    }
    rows.push_back({"pre-trained", measure(score_by_model(best), split_.test), time.seconds_text(),
                    time.rate_text()});
    return best;
  }

  demo_row align_with(const std::string& objective, const model& reference) const {
    align_options options;
    options.objective = objective;
    options.negatives = find_objective(objective).pairwise ? 1 : 15;
    options.epochs = arguments_.alignment_epochs;
    options.seed = arguments_.seed;
    options.threads = arguments_.threads;
    model best = reference;
    training_state state;
    time_spent time;
    fmt::print(stderr, "aligning, {}\n", objective);
    {
      progress_display progress;
      align(best, reference, split_.train, options, state, watch(progress, time), validate());
    }
    return {fmt::format("{}, {} negative{}", objective, options.negatives, options.negatives == 1 ? "" : "s"),
            measure(score_by_model(best), split_.test), time.seconds_text(), time.rate_text(),
            fmt::format("{:.1f} %", 100 * liked_share(options))};
  }

 private:
  ranking_metrics measure(const scorer& score, const std::vector<ranking_case>& cases) const {
    return evaluate_full(score, cases, world_.log().items, arguments_.threads);
  }

  validator validate() const {
    return [this](const model& candidate) -> validation {
      const ranking_metrics metrics = measure(score_by_model(candidate), split_.validation);
      return {.hr10 = metrics.hr10(), .ndcg10 = metrics.ndcg10()};
    };
  }

  static epoch_callback watch(progress_display& progress, time_spent& time) {
    return [&](const epoch_report& report) {
      progress.show(report);
      time.add(report);
      return true;
    };
  }

  double mean_like() const {
    double sum = 0;
    for (std::int32_t user = 0; user < arguments_.world.users; ++user)
      for (std::int32_t item = 0; item < arguments_.world.items; ++item) sum += world_.like(user, item);
    return sum / arguments_.world.users / arguments_.world.items;
  }

  /// Which share of the rejected items that this run's source draws in an epoch is liked by the user they are
  /// drawn for: the expectation, given the draws, by the world's own probabilities.
  double liked_share(const align_options& options) const {
    const negative_source source({.sampler = options.sampler,
                                  .popularity_exponent = options.popularity_exponent,
                                  .items = world_.log().items,
                                  .seed = options.seed},
                                 split_.train);
    double liked = 0, drawn = 0;
    training_shard shard;
    for (std::size_t user = 0; user < split_.train.size(); ++user) {
      const auto& sequence = split_.train[user];
      shard.targets.assign(sequence.begin() + 1, sequence.end());
      shard.users.assign(shard.targets.size(), static_cast<std::int32_t>(user));
      candidate_matrix candidates(static_cast<Index>(shard.targets.size()), 1 + options.negatives);
      source.draw(shard, candidates);
      for (Index t = 0; t < candidates.rows(); ++t)
        for (Index k = 1; k < candidates.cols(); ++k) {
          if (candidates(t, k) < 0) continue;  // nothing was left to draw
          liked += world_.like(static_cast<std::int32_t>(user), candidates(t, k));
          ++drawn;
        }
      shard.first_token += candidates.rows();
    }
    return liked / drawn;
  }

  demo_arguments arguments_;
  world world_;
  data_split split_;
};

void print_table(const std::vector<demo_row>& rows) {
  std::vector<std::vector<std::string>> cells{
      {"", "HR@10", "NDCG@10", "MRR", "seconds", "examples/s", "liked negatives"}};
  for (const demo_row& row : rows)
    cells.push_back({row.name, fmt::format("{:.4f}", row.metrics.hr10()),
                     fmt::format("{:.4f}", row.metrics.ndcg10()), fmt::format("{:.4f}", row.metrics.mrr),
                     row.seconds, row.rate, row.liked});
  fmt::print("\n{}", text_table(cells));
}

void run_demo(demo_arguments arguments) {
  arguments.world.seed = arguments.seed;
  const demonstration demo(arguments);
  demo.introduce();
  std::vector<demo_row> rows{demo.popularity()};
  const model reference = demo.pre_train(rows);
  for (const auto* objective : {"dpo", "s_dpo", "dmpo"}) rows.push_back(demo.align_with(objective, reference));
  rows.push_back(demo.knowing_the_world());
  print_table(rows);
  fmt::print(
      "\nliked negatives: the share of drawn rejected items that the user truly likes, by the world's own law.\n"
      "knowing the world: ranked by that law, which no log reveals; nobody can do much better.\n");
}

}  // namespace

void add_demo_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "demo", "Simulate a world, pre-train, align with three objectives, and compare them; needs no data");
  const auto arguments = std::make_shared<demo_arguments>();
  add_setting(*command, "--users", arguments->world.users, "Users of the world")->check(CLI::PositiveNumber);
  add_setting(*command, "--items", arguments->world.items, "Items of the world")->check(CLI::PositiveNumber);
  add_setting(*command, "--pre-training-epochs", arguments->pre_training_epochs, "Epochs of pre-training")
      ->check(CLI::PositiveNumber);
  add_setting(*command, "--alignment-epochs", arguments->alignment_epochs, "Epochs of each alignment")
      ->check(CLI::PositiveNumber);
  add_setting(*command, "--seed", arguments->seed, "Of the world and of everything in it");
  add_threads_argument(*command, arguments->threads);
  command->callback([=] { run_demo(*arguments); });
}

}  // namespace sasrec
