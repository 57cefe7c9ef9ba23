#include "drawn_negatives.hpp"

#include <span>

#include "layers/candidate_scores.hpp"

namespace sasrec {
namespace {

/// A user's positions as a shard of their own.
training_shard positions_of(std::size_t user, std::span<const std::int32_t> sequence) {
  training_shard shard;
  shard.tokens.append(sequence.first(sequence.size() - 1));
  shard.targets.assign(sequence.begin() + 1, sequence.end());
  shard.users.assign(shard.targets.size(), static_cast<std::int32_t>(user));
  return shard;
}

/// Cuts what the model does not read.
std::span<const std::int32_t> latest(std::span<const std::int32_t> sequence, int max_length) {
  const auto most = static_cast<std::size_t>(max_length) + 1;
  return sequence.size() <= most ? sequence : sequence.last(most);
}

}  // namespace

drawn_negatives draw_an_epoch(const world& truth, const std::vector<std::vector<std::int32_t>>& sequences,
                              const negative_settings& settings, int negatives, const model& policy) {
  const negative_source source(settings, sequences);
  std::vector<std::int32_t> all_targets;  // in_batch: all users are one batch
  for (const auto& sequence : sequences)
    all_targets.insert(all_targets.end(), sequence.begin() + 1, sequence.end());

  drawn_negatives sums;
  Index first_token = 0;
  model::activations kept;
  matrix scores;
  for (std::size_t user = 0; user < sequences.size(); ++user) {
    training_shard shard = positions_of(user, latest(sequences[user], policy.config().max_length));
    shard.batch_targets = all_targets;
    shard.first_token = first_token;
    const matrix& queries = policy.forward(shard.tokens, model::no_dropout, kept);
    candidate_matrix candidates(queries.rows(), 1 + negatives);
    source.draw(shard, queries, policy.item_embeddings(), candidates);
    candidate_scores(queries, policy.item_embeddings(), candidates, scores);
    for (Index t = 0; t < candidates.rows(); ++t)
      for (Index k = 1; k < candidates.cols(); ++k) {
        if (candidates(t, k) < 0) continue;  // nothing was left to draw
        ++sums.drawn;
        sums.liked += truth.like(static_cast<std::int32_t>(user), candidates(t, k));
        sums.outrank += scores(t, k) > scores(t, 0);
      }
    first_token += candidates.rows();
  }
  return {sums.drawn, sums.liked / sums.drawn, sums.outrank / sums.drawn};
}

}  // namespace sasrec
