#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "candidate_inputs.hpp"
#include "negatives.hpp"
#include "objectives.hpp"
#include "training_loop.hpp"

/// \file
/// The target of a position against a few rejected items, by any objective of prefopt's.

namespace sasrec {

struct candidate_options {
  int negatives = 15;                ///< rejected items per position
  const model* reference = nullptr;  ///< absent: none, which is a uniform one
  bool reference_moves = false;      ///< its parameters change from step to step
  /// Whose scores a sampler looks at that looks at any; absent: the policy's own, as they are now.
  const model* scored_by = nullptr;
  bool log_q = false;  ///< softmax: correct a score by the log-probability of its candidate's draw
  const matrix* item_vectors = nullptr;  ///< [items, d], whose neighbours tell `hardness`; absent: 1
  double noise = 0;        ///< σ of `prefopt::noise::parameters` on the item embeddings that score
  std::uint64_t seed = 1;  ///< of the noise
};

/// How a model scores candidates [tokens, 1 + K] at the positions of a shard: raw, or as log-probabilities.
using score_function = std::function<void(const candidate_matrix& candidates, matrix& scores)>;

/// At every position: draws rejected items and, once somebody has scored them and the target with the policy (and with the
/// reference, if there is one), lets `objective` say what that costs and how the scores should move. It does not know how
/// a model computes.
///
/// What an objective needs beyond scores, it gets, because its type says so:
///
///   log-probabilities  scores are normalised over the catalogue
///   order              the target, then the rejected items as the reference ranks them (without one, as drawn)
///   relevance          1 for the target, 0 for a rejected item, −1 for an empty place; mean log-odds and shares of wins
///                      (gpo, sppo) are taken from it, too
///   lengths            1: an item is one token
///   kl                 log π/π_ref at a position for the target of another one, half the batch away: an answer that
///                      does not belong to the question
///   hardness           HaRS's λ, `prefopt::hars_hardness` over `item_vectors`, relative to the batch; 1 in catalogues
///                      above `hardness_limit`
///
/// Models and vectors have to outlive it. May be called from several threads at once, if the objective keeps no state.
class candidate_objective {
 public:
  /// Throws std::invalid_argument for a pairwise objective unless there is one negative, and for a logQ correction of
  /// an objective or a sampler that knows none.
  candidate_objective(const objective_info& info, std::shared_ptr<any_objective> objective,
                      negative_source source, const candidate_options& options);

  bool needs_log_probabilities() const { return facts_.needs_log_probabilities; }
  /// What the policy is compared with; null if nothing, or if the objective does not look.
  const model* reference() const { return facts_.reads_reference ? options_.reference : nullptr; }

  bool has_noise() const { return options_.noise != 0; }
  bool reference_moves() const { return options_.reference_moves; }

  /// Whether the sampler looks at the policy's scores of now.
  bool draws_by_policy() const { return source_.is_scored() && options_.scored_by == nullptr; }
  /// [tokens, 1 + K]: the target, and what was drawn. The policy's `queries` and `items` are read if `draws_by_policy()`.
  candidate_matrix draw(const training_shard& shard, const matrix& queries, const matrix& items) const;

  /// The item embeddings themselves, or a perturbed copy: the same for all shards of a batch.
  const matrix& with_noise(const matrix& items, std::uint64_t step, matrix& noisy) const;

  /// Given the policy's `scores` of the candidates, writes scale * d loss / d scores. `policy` and `reference` (which may
  /// be empty without one) score what else is asked for.
  shard_result evaluate(const training_shard& shard, const candidate_matrix& candidates, const matrix& scores,
                        const score_function& policy, const score_function& reference,
                        matrix& score_gradient) const;

 private:
  struct memory;
  bool needs(prefopt::inputs one) const { return contains(facts_.needs, one); }
  void add_reference(const training_shard& shard, const candidate_matrix& candidates,
                     const score_function& reference, memory& kept, prefopt::batch<float>& batch) const;
  prefopt::batch<float> make_batch(const training_shard& shard, const candidate_matrix& candidates,
                                   const matrix& scores, const score_function& policy,
                                   const score_function& reference, memory& kept) const;

  std::shared_ptr<any_objective> objective_;
  prefopt::recipe_facts facts_;
  negative_source source_;
  candidate_options options_;
  hardness_table hardness_;
};

/// The objective over the layers' own passes.
position_loss candidate_loss(candidate_objective objective);

/// Items up to which neighbours are looked for, which costs items² products of embeddings: some seconds.
inline constexpr std::int32_t hardness_limit = 10'000;

}  // namespace sasrec
