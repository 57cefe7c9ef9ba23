#pragma once

#include <cstdint>
#include <memory>

#include "negatives.hpp"
#include "objectives.hpp"
#include "training_loop.hpp"

/// \file
/// The target of a position against a few rejected items, by any objective of prefopt's.

namespace sasrec {

struct candidate_options {
  int negatives = 15;                ///< rejected items per position
  const model* reference = nullptr;  ///< absent: none, which is a uniform one
  bool log_q = false;  ///< softmax: correct a score by the log-probability of its candidate's draw
  /// Whose scores a sampler looks at that looks at any; absent: the policy's own, as they are now.
  const model* scored_by = nullptr;
  const matrix* item_vectors = nullptr;  ///< [items, d], whose neighbours tell `hardness`; absent: 1
  double noise = 0;        ///< σ of `prefopt::noise::parameters` on the item embeddings that score
  std::uint64_t seed = 1;  ///< of the noise
};

/// At every position: draws rejected items, scores them and the target with the policy (and with the reference, if
/// there is one), and lets `objective` say what that costs and how the scores should move.
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
/// Models and vectors have to live as long as the result. Throws std::invalid_argument for a pairwise objective unless there is
/// one negative, and for a logQ correction of an objective or a sampler that knows none.
position_loss candidate_loss(const objective_info& info, std::shared_ptr<any_objective> objective,
                             negative_source source, const candidate_options& options);

/// Items up to which neighbours are looked for, which costs items² products of embeddings: some seconds.
inline constexpr std::int32_t hardness_limit = 10'000;

}  // namespace sasrec
