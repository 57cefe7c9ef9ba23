#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model.hpp"
#include "optimizer.hpp"

/// \file
/// What pre-training and alignment share: epochs, batches, threads, the optimiser and early stopping.

namespace sasrec {

struct loop_options {
  int epochs = 200;      ///< at most
  int patience = 30;     ///< stop after so many epochs without a better validation NDCG@10; 0: never
  int batch_size = 128;  ///< windows of up to max_length positions
  float learning_rate = 1e-3f;
  float weight_decay = 0;  ///< decoupled (AdamW)
  float clip_norm = 5;     ///< longest gradient that is not shortened; 0: any
  int threads = 2;         ///< changes the speed, never the result; more than `shards` have nothing to do
  int shards = 4;          ///< pieces of a batch, each with a gradient of its own in memory
  std::uint64_t seed = 1;  ///< of order, dropout and negatives
};

/// What a validator measures on the model after an epoch.
struct validation {
  double hr10 = 0;
  double ndcg10 = 0;
};
using validator = std::function<validation(const model&)>;

struct epoch_report {
  int epoch = 0;        ///< 1, 2, ...
  int epochs = 0;       ///< the most there can be
  double loss = 0;      ///< mean over positions
  double accuracy = 0;  ///< share of positions at which the preferred item beats all its rivals
  double seconds = 0;   ///< of this epoch's training
  double validation_seconds = 0;
  double examples_per_second = 0;  ///< positions; not counting validation
  std::optional<validation> validated;
  bool best = false;  ///< the model now holds this epoch's parameters
};
/// Returns whether to go on.
using epoch_callback = std::function<bool(const epoch_report&)>;

/// Everything a run has to remember between epochs; random numbers need nothing, they are functions of
/// (seed, epoch, step). Saved and loaded by checkpoint.hpp.
struct training_state {
  int epoch = 0;           ///< epochs done
  std::uint64_t step = 0;  ///< batches done
  int best_epoch = 0;
  double best_ndcg10 = -1;
  std::optional<model> latest;  ///< parameters after the last epoch; absent before the first one
  adam_state optimizer;
  std::string objective;           ///< what an objective keeps from batch to batch, `any_objective::state`
  std::optional<model> reference;  ///< one that follows the policy
};

/// A piece of a batch: windows of training sequences, and what came next at each of their positions.
struct training_shard {
  packed_sequences tokens;
  std::vector<std::int32_t> targets;            // [tokens], the preferred item
  std::vector<std::int32_t> users;              // [tokens], whose sequence it is
  std::span<const std::int32_t> batch_targets;  // of the whole batch, this shard's from `first_token` on
  Index first_token = 0;
  std::uint64_t step = 0;  // number of the batch, from 0
  float scale = 0;         // 1 / positions of the whole batch
};

/// Sums over the positions of a shard.
struct shard_result {
  double loss = 0;
  double correct = 0;
};

/// What is minimised. Given the queries at the positions of a shard, writes scale * d loss / d queries and
/// adds scale * d loss / d embedding to `item_gradient`. Called from several threads at once.
using position_loss =
    std::function<shard_result(const training_shard& shard, const model& policy, const matrix& queries,
                               matrix& query_gradient, matrix& item_gradient)>;

/// Called after every optimiser step, with the parameters that it led to and the number of steps so far.
using step_callback = std::function<void(const model& policy, std::uint64_t steps)>;

enum class dropout_mode { off, on };

/// What a batch does to the parameters: forward, backward and a step of the optimiser.
class batch_trainer {
 public:
  virtual ~batch_trainer() = default;

  /// The pieces it wants a batch in.
  virtual int shards() const = 0;

  /// One step, number `state.step`, with all shards of a batch. Returns sums over the positions.
  virtual shard_result run_batch(std::span<const training_shard> shards, training_state& state) = 0;

  /// Makes `state.latest` and `state.optimizer` say what the steps so far have led to, for a trainer that keeps parameters
  /// elsewhere. Called before anybody looks.
  virtual void write_back(training_state&) {}
};

/// Makes the trainer of a run, which begins with the parameters and moments of `state`.
using trainer_factory =
    std::function<std::unique_ptr<batch_trainer>(const loop_options& options, training_state& state)>;

/// Trains with the layers' own forward and backward passes, a thread for each shard.
trainer_factory layer_trainer(dropout_mode mode, position_loss loss);

/// Throws std::invalid_argument unless all items are in 0 .. items - 1 and some sequence has two of them.
void check_sequences(const std::vector<std::vector<std::int32_t>>& sequences, std::int32_t items);

/// Minimises what the trainer minimises, starting from `best` or, if `state` has one, from the state's latest parameters. After
/// each epoch `best` holds the parameters of the epoch with the highest validation NDCG@10, the start being
/// epoch 0 (without validator: of the last epoch), `state` holds what the next epoch starts from, and
/// `on_epoch` is called. A run continued from a copy of both equals an uninterrupted one bit for bit.
void run_training_loop(model& best, const std::vector<std::vector<std::int32_t>>& sequences,
                       const loop_options& options, const trainer_factory& make_trainer,
                       training_state& state, const epoch_callback& on_epoch, const validator& validate,
                       const step_callback& on_step = {});

}  // namespace sasrec
