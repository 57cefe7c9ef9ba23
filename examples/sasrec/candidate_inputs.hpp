#pragma once

#include <optional>

#include <prefopt/batch.hpp>
#include <prefopt/hardness/item_neighbours.hpp>

#include "layers/candidate_scores.hpp"
#include "model.hpp"
#include "training_loop.hpp"

/// \file
/// What objectives may ask for beside scores.

namespace sasrec {

/// A model's queries at the positions of a shard, and how it scores with them.
struct scoring {
  const matrix& queries;
  const matrix& items;
  const matrix* normalisers;  ///< [tokens, 1], subtracted from the scores; null: raw scores

  void operator()(const candidate_matrix& candidates, matrix& scores) const;
};

/// Column 0, the target, first; the rejected items after it, by falling reference score.
candidate_matrix order_by(const matrix& reference_scores);

/// 1 for the target, 0 for the rejected items, −1 for empty places.
matrix grades_of(const candidate_matrix& candidates);

/// The target of the position half a batch away, for each: an answer to another question.
candidate_matrix mismatched_targets(const training_shard& shard);

/// HaRS's offline hardness from item embeddings; 1 without any.
class hardness_table {
 public:
  hardness_table() = default;
  explicit hardness_table(const matrix& items);
  /// [tokens, 1] λ, relative to the mean of these candidates.
  matrix of(const candidate_matrix& candidates) const;

 private:
  std::optional<prefopt::item_neighbours> neighbours_;  ///< absent in catalogues that are too large
};

}  // namespace sasrec
