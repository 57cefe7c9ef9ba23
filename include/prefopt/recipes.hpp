#pragma once

#include <prefopt/recipes/adaptive.hpp>
#include <prefopt/recipes/compositions.hpp>
#include <prefopt/recipes/general_preference.hpp>
#include <prefopt/recipes/graded.hpp>
#include <prefopt/recipes/listwise.hpp>
#include <prefopt/recipes/pairwise.hpp>
#include <prefopt/recipes/recommender.hpp>
#include <prefopt/recipes/reference_free.hpp>
#include <prefopt/recipes/several.hpp>
#include <prefopt/recipes/unpaired.hpp>

/// \file
/// The named objectives, each a line: loss ∘ strength ∘ reward. Settings default to the paper's, or to the
/// authors' code.
///
///     auto objective = prefopt::s_dpo({.beta = 1});                              // or
///     auto objective = prefopt::dpo({.beta = 0.1}) + 0.01 * prefopt::nll();      // objectives add
