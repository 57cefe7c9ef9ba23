#include "training_loop.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "parallel.hpp"
#include "random.hpp"

namespace sasrec {
namespace {

/// Positions [begin, end) of a user's sequence are read; each predicts the item after it.
struct window {
  std::int32_t user;
  std::int32_t begin, end;
};

/// Cuts every sequence, from its end, into windows of at most `max_length` positions, so that each item but a
/// user's first is a target once per epoch.
std::vector<window> cut_windows(const std::vector<std::vector<std::int32_t>>& sequences, int max_length) {
  std::vector<window> windows;
  for (std::size_t user = 0; user < sequences.size(); ++user)
    for (auto end = static_cast<std::int32_t>(sequences[user].size()) - 1; end > 0; end -= max_length)
      windows.push_back({static_cast<std::int32_t>(user), std::max(0, end - max_length), end});
  return windows;
}

/// What a run draws random numbers for; each purpose has keys of its own.
enum purpose : std::uint64_t { for_order, for_dropout };

/// Deals the windows of a batch out to shards, in order, a shard being full when it has its share of the positions.
class dealer {
 public:
  dealer(const std::vector<std::vector<std::int32_t>>& sequences, int shards)
      : sequences_(sequences), shards_(static_cast<std::size_t>(shards)) {}

  std::span<const training_shard> deal(std::span<const window> windows, std::uint64_t step) {
    Index positions = 0;
    for (const window& one : windows) positions += one.end - one.begin;
    Index dealt = 0;
    auto next = windows.begin();
    for (std::size_t s = 0; s < shards_.size(); ++s) {
      training_shard& shard = shards_[s];
      shard.tokens.clear();
      shard.targets.clear();
      shard.users.clear();
      shard.first_token = dealt;
      shard.step = step;
      shard.scale = 1 / static_cast<float>(positions);
      const Index full = positions * static_cast<Index>(s + 1) / static_cast<Index>(shards_.size());
      for (; next != windows.end() && dealt < full; ++next) {
        const std::span<const std::int32_t> items = sequences_[static_cast<std::size_t>(next->user)];
        const auto begin = static_cast<std::size_t>(next->begin);
        const auto length = static_cast<std::size_t>(next->end - next->begin);
        const auto targets = items.subspan(begin + 1, length);
        shard.tokens.append(items.subspan(begin, length));
        shard.targets.insert(shard.targets.end(), targets.begin(), targets.end());
        shard.users.insert(shard.users.end(), length, next->user);
        dealt += static_cast<Index>(length);
      }
    }
    batch_targets_.clear();
    for (const training_shard& shard : shards_)
      batch_targets_.insert(batch_targets_.end(), shard.targets.begin(), shard.targets.end());
    for (training_shard& shard : shards_) shard.batch_targets = batch_targets_;
    return shards_;
  }

 private:
  const std::vector<std::vector<std::int32_t>>& sequences_;
  std::vector<training_shard> shards_;
  std::vector<std::int32_t> batch_targets_;
};

class shard_trainer : public batch_trainer {
 public:
  shard_trainer(model& policy, const loop_options& options, dropout_mode mode, const position_loss& loss)
      : policy_(policy),
        options_(options),
        mode_(mode),
        loss_(loss),
        work_(static_cast<std::size_t>(options.shards)),
        gradients_(work_.size(), policy) {
    for (model& gradient : gradients_) set_zero(gradient);
  }

  int shards() const override { return options_.shards; }

  shard_result run_batch(std::span<const training_shard> shards, training_state& state) override {
    parallel_for(static_cast<Index>(shards.size()), options_.threads, [&](Index shard) {
      run_shard(shards[static_cast<std::size_t>(shard)], static_cast<std::size_t>(shard));
    });
    adam_step(policy_, gradients_,
              {.learning_rate = options_.learning_rate,
               .weight_decay = options_.weight_decay,
               .clip_norm = options_.clip_norm,
               .threads = options_.threads},
              state.optimizer);
    shard_result total;
    for (const workspace& work : work_) {
      total.loss += work.result.loss;
      total.correct += work.result.correct;
    }
    return total;
  }

 private:
  struct workspace {
    model::activations kept;
    matrix query_gradient;
    shard_result result;
  };

  void run_shard(const training_shard& shard, std::size_t s) {
    workspace& work = work_[s];
    work.result = {};
    if (shard.targets.empty()) return;
    const std::uint64_t key = mode_ == dropout_mode::off
                                  ? model::no_dropout
                                  : mix(mix(mix(options_.seed, for_dropout), shard.step), s);
    policy_.forward(shard.tokens, key, work.kept);
    work.query_gradient.resize(work.kept.queries.rows(), work.kept.queries.cols());
    work.result =
        loss_(shard, policy_, work.kept.queries, work.query_gradient, gradients_[s].item_embeddings());
    policy_.backward(shard.tokens, key, work.kept, work.query_gradient, gradients_[s]);
  }

  model& policy_;
  const loop_options& options_;
  const dropout_mode mode_;
  const position_loss& loss_;
  std::vector<workspace> work_;
  std::vector<model> gradients_;
};

void check_options(const loop_options& options) {
  const auto require = [](bool condition, const auto& name, const auto& value, const auto& expected) {
    if (!condition)
      throw std::invalid_argument(fmt::format("train: {} is {}, expected {}", name, value, expected));
  };
  require(options.epochs >= 0, "epochs", options.epochs, "at least 0");
  require(options.patience >= 0, "patience", options.patience, "at least 0");
  require(options.batch_size >= 1, "batch_size", options.batch_size, "at least 1");
  require(options.learning_rate > 0, "learning_rate", options.learning_rate, "more than 0");
  require(options.weight_decay >= 0, "weight_decay", options.weight_decay, "at least 0");
  require(options.clip_norm >= 0, "clip_norm", options.clip_norm, "at least 0");
  require(options.threads >= 1, "threads", options.threads, "at least 1");
  require(options.shards >= 1, "shards", options.shards, "at least 1");
}

/// Asked before an epoch, so that a run that had stopped does not go on when it is resumed.
bool is_over(const training_state& state, const loop_options& options) {
  const bool no_patience = options.patience > 0 && state.epoch - state.best_epoch >= options.patience;
  return state.epoch >= options.epochs || no_patience;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

void check_sequences(const std::vector<std::vector<std::int32_t>>& sequences, std::int32_t items) {
  bool any = false;
  for (const auto& sequence : sequences) {
    any = any || sequence.size() > 1;
    for (const std::int32_t item : sequence)
      if (item < 0 || item >= items)
        throw std::invalid_argument(
            fmt::format("train: an item is {}, expected one of the model's 0 .. {}", item, items - 1));
  }
  if (!any) throw std::invalid_argument("train: no sequence has two items, there is nothing to learn from");
}

trainer_factory layer_trainer(dropout_mode mode, position_loss loss) {
  return [mode, loss = std::move(loss)](const loop_options& options, training_state& state) {
    return std::make_unique<shard_trainer>(state.latest.value(), options, mode, loss);
  };
}

void run_training_loop(model& best, const std::vector<std::vector<std::int32_t>>& sequences,
                       const loop_options& options, const trainer_factory& make_trainer,
                       training_state& state, const epoch_callback& on_epoch, const validator& validate,
                       const step_callback& on_step) {
  check_options(options);
  check_sequences(sequences, best.config().items);
  if (!state.latest) {
    state.latest = best;
    if (validate) state.best_ndcg10 = validate(best).ndcg10;
  }
  const std::unique_ptr<batch_trainer> trainer = make_trainer(options, state);
  dealer batches(sequences, trainer->shards());
  std::vector<window> windows = cut_windows(sequences, best.config().max_length);
  const std::vector<window> in_order = windows;
  Index positions = 0;
  for (const window& one : windows) positions += one.end - one.begin;

  while (!is_over(state, options)) {
    const auto start = std::chrono::steady_clock::now();
    ++state.epoch;
    windows = in_order;  // so that the order depends on the epoch's number alone
    const auto epoch = static_cast<std::uint64_t>(state.epoch);
    shuffle(std::span(windows), random_stream(mix(mix(options.seed, for_order), epoch)));
    shard_result total;
    const auto batch = static_cast<std::size_t>(options.batch_size);
    for (std::size_t first = 0; first < windows.size(); first += batch) {
      const std::size_t count = std::min(batch, windows.size() - first);
      const auto shards = batches.deal(std::span(windows).subspan(first, count), state.step);
      const shard_result result = trainer->run_batch(shards, state);
      ++state.step;
      total.loss += result.loss;
      total.correct += result.correct;
      if (!on_step) continue;
      trainer->write_back(state);
      on_step(*state.latest, state.step);
    }
    trainer->write_back(state);

    epoch_report report;
    report.epoch = state.epoch;
    report.epochs = options.epochs;
    report.loss = total.loss / static_cast<double>(positions);
    report.accuracy = total.correct / static_cast<double>(positions);
    report.seconds = seconds_since(start);
    report.examples_per_second = static_cast<double>(positions) / report.seconds;
    if (validate) {
      const auto validation_start = std::chrono::steady_clock::now();
      report.validated = validate(*state.latest);
      report.validation_seconds = seconds_since(validation_start);
    }
    report.best = !report.validated || report.validated->ndcg10 > state.best_ndcg10;
    if (report.best) {
      best = *state.latest;
      state.best_epoch = state.epoch;
      if (report.validated) state.best_ndcg10 = report.validated->ndcg10;
    }
    if (on_epoch && !on_epoch(report)) break;
  }
}

}  // namespace sasrec
