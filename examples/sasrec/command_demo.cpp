#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "align.hpp"
#include "arguments.hpp"
#include "commands.hpp"
#include "drawn_negatives.hpp"
#include "evaluation.hpp"
#include "negatives.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "samplers.hpp"
#include "split.hpp"
#include "train.hpp"
#include "world.hpp"

namespace sasrec {
namespace {

struct demo_arguments {
  world_config world;
  int pre_training_epochs = 60;
  int alignment_epochs = 8;
  bool samplers = false;
  int negatives = 1;  // of the comparison of samplers
  std::uint64_t seed = 1;
  int threads = 2;
};

/// A line of the table.
struct demo_row {
  std::string name{};
  ranking_metrics metrics{};
  std::string seconds{}, rate{}, liked{};
};

/// The world, what may be learnt of it, and what is measured.
class demonstration {
 public:
  explicit demonstration(const demo_arguments& arguments)
      : arguments_(arguments), world_(arguments.world), split_(split_leave_one_out(world_.log())) {}

  void introduce() const {
    fmt::print(
        "A simulated world (seed {}): {} users, {} items, {} choices. A user likes {:.1f} % of the items, "
        "and what\n"
        "she chose is all that the log tells. Each user's last choice is asked for, among all items new to "
        "her.\n\n",
        arguments_.seed, with_commas(world_.log().sequences.size()),
        with_commas(static_cast<std::size_t>(world_.log().items)), with_commas(world_.log().interactions),
        100 * mean_like());
    std::fflush(stdout);
  }

  demo_row popularity() const {
    return {"popularity",
            measure(score_by_popularity(count_items(split_.train, world_.log().items)), split_.test)};
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

  /// What pre-training ends with: the model, and what it takes to go on.
  struct pre_trained {
    model best;
    training_state state{};
    demo_row row{};
  };

  /// Pre-trains as Kang & McAuley 2018 do (binary cross-entropy, one uniform negative), or goes on with it.
  pre_trained pre_train(int epochs, const std::string& name, std::optional<pre_trained> from = {}) const {
    train_options options;
    options.loss = "bce";
    options.negatives = 1;
    options.epochs = epochs;
    options.patience = 0;
    options.seed = arguments_.seed;
    options.threads = arguments_.threads;
    pre_trained run =
        from ? *std::move(from)
             : pre_trained{model({.items = world_.log().items, .dim = 32, .seed = arguments_.seed})};
    run.row = learn(name, run.best, [&](const epoch_callback& on_epoch) {
      train(run.best, split_.train, options, run.state, on_epoch, validate());
    });
    return run;
  }

  /// Aligns from the pre-trained model, which stays the reference. With negatives drawn by popularity an item pays for it
  /// as often as it is chosen; in this world that did better than uniform ones, one guess being that those count the
  /// popularity a second time that the reference has learnt already.
  demo_row align_with(const std::string& objective, const std::string& sampler,
                      const model& reference) const {
    align_options options;
    options.objective = objective;
    options.negatives = find_objective(objective).pairwise() ? 1 : 15;
    options.sampler = sampler;
    if (sampler == "popularity") options.sampling["alpha"] = 1;
    options.learning_rate = 1e-3f;
    options.epochs = arguments_.alignment_epochs;
    options.patience = 0;
    options.seed = arguments_.seed;
    options.threads = arguments_.threads;
    model best = reference;
    training_state state;
    const std::string name = fmt::format("{}, {} {} negative{}", objective, options.negatives, sampler,
                                         options.negatives == 1 ? "" : "s");
    demo_row row = learn(name, best, [&](const epoch_callback& on_epoch) {
      align(best, reference, split_.train, options, state, on_epoch, validate());
    });
    row.liked = percent(draw_an_epoch(world_, split_.train, sampling(options.sampler, options.sampling),
                                      options.negatives, best)
                            .liked);
    return row;
  }

  /// What each sampler would draw, with its defaults, by a model that is pre-trained so far.
  void compare_samplers(const model& policy, int negatives) const {
    std::vector<std::vector<std::string>> cells{{"sampler", "liked", "above the chosen item"}};
    for (const std::string& name : sampler_names()) {
      const drawn_negatives epoch = draw_an_epoch(world_, split_.train, sampling(name), negatives, policy);
      cells.push_back({name, percent(epoch.liked), percent(epoch.outrank)});
    }
    fmt::print(
        "\n{}\nliked: the share of {} negatives a position that the user truly likes, by the world's own "
        "law.\n"
        "above the chosen item: the share that the model scores higher than what the user chose.\n",
        text_table(cells), negatives);
  }

 private:
  ranking_metrics measure(const scorer& score, const std::vector<ranking_case>& cases) const {
    return evaluate_full(score, cases, world_.log().items, arguments_.threads);
  }

  validator validate() const {
    return [this](const model& candidate) -> validation {
      const ranking_metrics metrics = measure(score_by_model(candidate), split_.validation);
      return {.hr10 = metrics.hit_rate(10), .ndcg10 = metrics.ndcg(10)};
    };
  }

  /// Calls `run` with a callback that shows progress and takes the time, and measures what `best` is then.
  template <class Run>
  demo_row learn(const std::string& name, const model& best, const Run& run) const {
    fmt::print(stderr, "{}\n", name);
    double seconds = 0, examples = 0;
    {
      progress_display progress;
      run([&](const epoch_report& report) {
        progress.show(report);
        seconds += report.seconds;
        examples += report.seconds * report.examples_per_second;
        return true;
      });
    }
    return {name, measure(score_by_model(best), split_.test), fmt::format("{:.1f}", seconds),
            with_commas(static_cast<std::size_t>(examples / seconds)), ""};
  }

  double mean_like() const {
    double sum = 0;
    for (std::int32_t user = 0; user < arguments_.world.users; ++user)
      for (std::int32_t item = 0; item < arguments_.world.items; ++item) sum += world_.like(user, item);
    return sum / arguments_.world.users / arguments_.world.items;
  }

  negative_settings sampling(const std::string& sampler, const sampler_settings& settings = {}) const {
    return {.sampler = sampler, .settings = settings, .items = world_.log().items, .seed = arguments_.seed};
  }

  static std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

  demo_arguments arguments_;
  world world_;
  data_split split_;
};

void print_table(const std::vector<demo_row>& rows) {
  std::vector<std::vector<std::string>> cells{
      {"", "HR@10", "NDCG@10", "MRR", "seconds", "examples/s", "liked negatives"}};
  for (const demo_row& row : rows)
    cells.push_back({row.name, fmt::format("{:.4f}", row.metrics.hit_rate(10)),
                     fmt::format("{:.4f}", row.metrics.ndcg(10)), fmt::format("{:.4f}", row.metrics.mrr()),
                     row.seconds, row.rate, row.liked});
  fmt::print("\n{}", text_table(cells));
}

void run_demo(demo_arguments arguments) {
  arguments.world.seed = arguments.seed;
  const demonstration demo(arguments);
  demo.introduce();
  const int epochs = arguments.pre_training_epochs, more = arguments.alignment_epochs;
  const auto start = demo.pre_train(epochs, fmt::format("pre-trained, {} epochs of bce", epochs));
  if (arguments.samplers) return demo.compare_samplers(start.best, arguments.negatives);
  std::vector<demo_row> rows{demo.popularity()};
  rows.push_back(start.row);
  rows.push_back(demo.pre_train(epochs + more, fmt::format("  {} epochs more of bce", more), start).row);
  for (const auto* objective : {"dpo", "dmpo", "s_dpo"})
    rows.push_back(demo.align_with(objective, "popularity", start.best));
  rows.push_back(demo.align_with("s_dpo", "uniform", start.best));
  rows.push_back(demo.knowing_the_world());
  print_table(rows);
  fmt::print(
      "\nliked negatives: the share of drawn rejected items that the user truly likes, by the world's own "
      "law.\n"
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
  command->add_flag(
      "--samplers", arguments->samplers,
      "Pre-train only, and compare what each sampler would draw: how much of it is truly liked");
  add_setting(*command, "--negatives", arguments->negatives, "--samplers: rejected items per position")
      ->check(CLI::PositiveNumber);
  add_setting(*command, "--seed", arguments->seed, "Of the world and of everything in it");
  add_threads_argument(*command, arguments->threads);
  command->callback([=] { run_demo(*arguments); });
}

}  // namespace sasrec
