#pragma once

/// \file
/// What a loss says about itself, so that the engine can refuse what makes no sense.

namespace prefopt::losses {

/// How many rejected candidates a loss compares the preferred one with.
enum class rejected {
  one,      ///< exactly one: the pairwise family
  several,  ///< one or more
  none,     ///< candidates are judged on their own; there may be no rejected one
};

struct loss_traits {
  rejected candidates = rejected::several;
  /// Adding a constant to all rewards of a row changes nothing: raw scores do as well as log-probabilities.
  bool translation_invariant = false;
  /// The loss takes the rewards for logits of decisions that have nothing to do with one another: raw scores are what it
  /// is made for, though a constant added to them changes it.
  bool takes_logits = false;
  /// The loss reads its candidates best first, in the batch's `order`.
  bool ordered = false;
  /// The candidates are graded by the batch's `relevance`, not split into a preferred one and the rejected. A grade of
  /// −1 masks a candidate, whichever column it stands in; what is called preferred is the first of the highest grade.
  bool graded = false;
  /// The loss asks its row for columns, sums, means, maxima and counts alone, nothing that depends on the candidates'
  /// order or on pairs: one long row may lie across the lanes.
  bool maps_and_reductions = false;
};

}  // namespace prefopt::losses
