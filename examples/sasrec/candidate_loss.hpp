#pragma once

#include <string>

#include "negatives.hpp"
#include "objectives.hpp"
#include "training_loop.hpp"

/// \file
/// The target of a position against a few rejected items, by any objective of prefopt's.

namespace sasrec {

/// At every position: draws `negatives` rejected items, scores them and the target with the policy (and with
/// `reference`, if there is one), and lets `prefopt::evaluate` say what that costs and how the scores should
/// move.
///
/// What an objective needs beyond scores, it gets: where its type says that it needs log-probabilities (rpo's
/// does), scores are normalised over the catalogue, and the Plackett-Luce objectives rank the target first and
/// the rejected items as the reference does (without one, as they were drawn).
///
/// `reference` has to live as long as the result. With `log_q` (softmax alone) a candidate's score is
/// corrected by the log-probability with which it was drawn. Throws std::invalid_argument for an unknown
/// objective, and for a pairwise one unless `negatives` is 1.
position_loss candidate_loss(const std::string& objective, const objective_settings& settings,
                             negative_source source, int negatives, const model* reference, bool log_q);

}  // namespace sasrec
