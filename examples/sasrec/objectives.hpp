#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <prefopt/batch.hpp>
#include <prefopt/recipe_list.hpp>

#include "objective_settings.hpp"

/// \file
/// prefopt's objectives by name. A name on the command line becomes a type once, in `objective_<family>.cpp`; what
/// stands here does not know it.

namespace sasrec {

/// An objective of any type, with what it keeps from batch to batch.
class any_objective {
 public:
  virtual ~any_objective() = default;

  virtual prefopt::recipe_facts facts() const = 0;

  /// prefopt::evaluate: the sum over the batch, and its gradient. What keeps a state is not to be called by several
  /// threads at once.
  virtual prefopt::result evaluate(const prefopt::batch<float>& batch,
                                   const prefopt::matrix_view<float>& gradient) = 0;

  /// One line of text; empty for an objective that keeps nothing.
  virtual std::string state() const = 0;
  /// Throws prefopt::invalid_argument for what is not the text of such a state.
  virtual void restore(std::string_view state) = 0;
};

struct objective_setting {
  std::string_view name;
  double value = 0;  ///< by default
};

/// What the program has to know about a recipe beyond its name.
struct objective_info {
  std::string_view id;
  prefopt::recipe_facts facts{};
  std::vector<objective_setting> settings{};
  bool takes_strength = false;   ///< rewards are log-ratios times one β, which another strength may choose
  bool takes_selection = false;  ///< several rejected items, neither ordered nor graded
  std::unique_ptr<any_objective> (*make)(const objective_settings&, const objective_parts&) = nullptr;
  std::string_view refusal{};  ///< why a SASRec cannot be trained with it; empty: it can

  /// Compares with exactly one rejected item.
  bool pairwise() const { return facts.negatives == prefopt::losses::rejected::one; }
  bool has_setting(std::string_view name) const;
};

/// In the order of prefopt's own list.
const std::vector<objective_info>& known_objectives();

/// Throws std::invalid_argument, which lists the known ids, for an unknown one.
const objective_info& find_objective(std::string_view id);

/// Throws std::invalid_argument for an unknown id, strength or selection, for a setting that they do not have (all list
/// the known ones), for parts that do not go with the objective, and for objectives that are refused.
const objective_info& check_objective(std::string_view id, const objective_settings& settings,
                                      const objective_parts& parts = {});

/// Throws as `check_objective`, and prefopt::invalid_argument for a setting out of range.
std::unique_ptr<any_objective> make_objective(std::string_view id, const objective_settings& settings = {},
                                              const objective_parts& parts = {});

}  // namespace sasrec
