#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "any_selection.hpp"
#include "any_strength.hpp"
#include "objective_settings.hpp"

/// \file
/// Strengths and selections by name, with their settings, which are called strength.alpha, selection.count ...

namespace sasrec {

std::vector<std::string> strength_names();
std::vector<std::string> selection_names();

/// A strength whose β is the objective's own. Throws std::invalid_argument for an unknown name and for settings
/// ("strength. ...") that this strength does not have; both list the known ones.
any_strength make_strength(const std::string& name, double beta, const objective_settings& settings);

/// Throws as `make_strength`.
any_selection make_selection(const std::string& name, const objective_settings& settings);

/// Whether it is a setting of a strength or a selection, not of the recipe.
bool belongs_to_part(std::string_view setting);

}  // namespace sasrec
