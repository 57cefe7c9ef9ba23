#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipe_list.hpp>
#include <prefopt/state_text.hpp>

#include "objective_parts.hpp"
#include "objectives.hpp"

/// \file
/// From a family of recipes to a list of `objective_info`, one instantiation of `evaluate` for each. The families are
/// files of their own, which compile side by side.

namespace sasrec {

using objective_list = std::vector<objective_info>;

objective_list pairwise_objectives();
objective_list adaptive_objectives();
objective_list several_objectives();
objective_list reference_free_objectives();
objective_list unpaired_objectives();
objective_list listwise_objectives();
objective_list general_preference_objectives();
objective_list recommender_objectives();

template <class Objective>
class objective_of final : public any_objective {
 public:
  explicit objective_of(const Objective& objective) : objective_(objective) { objective.check(); }

  prefopt::recipe_facts facts() const override { return prefopt::facts_of(objective_); }

  prefopt::result evaluate(const prefopt::batch<float>& batch,
                           const prefopt::matrix_view<float>& gradient) override {
    prefopt::options<float, state_type> options{.reduction = prefopt::reduction::sum};
    if constexpr (keeps_state) options.state = &state_;
    return prefopt::evaluate(objective_, batch, gradient, options);
  }
  std::string state() const override {
    if constexpr (keeps_state)
      return prefopt::save_state(state_);
    else
      return {};
  }
  void restore([[maybe_unused]] std::string_view state) override {
    if constexpr (keeps_state) state_ = prefopt::load_state<state_type>(state);
  }

 private:
  using state_type = prefopt::state_of<Objective>;
  static constexpr bool keeps_state = !std::is_same_v<state_type, prefopt::no_state>;

  Objective objective_;
  state_type state_{};
};

template <class Recipe>
auto settings_of(const Recipe& recipe, const objective_settings& settings) {
  auto all = recipe.defaults();
  for (const auto& [name, value] : settings) recipe.set(all, name, value);
  return all;
}

template <class Objective>
std::unique_ptr<any_objective> erase(const Objective& objective) {
  return std::make_unique<objective_of<Objective>>(objective);
}

/// Which parts of an objective can be another one: none of a sum.
template <class Objective>
struct replaceable {
  static constexpr bool strength = false, selection = false;
};
template <class Loss, class Reward, class Strength, class Selection>
struct replaceable<prefopt::objective<Loss, Reward, Strength, Selection>> {
  static constexpr bool strength = std::is_same_v<Reward, prefopt::rewards::implicit> &&
                                   !prefopt::per_pair_strength<Strength> &&
                                   !requires { typename Loss::state_type; };
  static constexpr bool selection = Loss::traits.candidates == prefopt::losses::rejected::several &&
                                    !Loss::traits.ordered && !Loss::traits.graded;
};

template <class Objective, class Strength>
std::unique_ptr<any_objective> with_strength(const Objective& own, const Strength& strength,
                                             const objective_settings& settings,
                                             const objective_parts& parts) {
  if constexpr (replaceable<Objective>::selection)
    return erase(
        prefopt::compose(own.loss, own.reward, strength,
                         make_selection(parts.selection.empty() ? "all" : parts.selection, settings)));
  else
    return erase(prefopt::compose(own.loss, own.reward, strength, own.selection));
}

/// The objective with the parts that are named in place of its own; `check_objective` knows that it takes them.
template <class Objective>
std::unique_ptr<any_objective> with_parts(const Objective& own, const objective_settings& settings,
                                          const objective_parts& parts) {
  if constexpr (replaceable<Objective>::strength)
    if (!parts.strength.empty())
      return with_strength(own, make_strength(parts.strength, own.strength.beta, settings), settings, parts);
  if constexpr (replaceable<Objective>::selection)
    if (!parts.selection.empty()) return with_strength(own, own.strength, settings, parts);
  return erase(own);
}

/// \tparam Family a tuple of recipes, \tparam Place one of them
template <const auto& Family, std::size_t Place>
objective_info describe_objective() {
  constexpr auto& recipe = std::get<Place>(Family);
  using objective = decltype(recipe.make(recipe.defaults()));
  objective_info info{.id = recipe.id,
                      .facts = prefopt::facts_of(recipe.make(recipe.defaults())),
                      .takes_strength = replaceable<objective>::strength,
                      .takes_selection = replaceable<objective>::selection};
  recipe.for_each_setting([&](std::string_view name, double value) {
    info.settings.push_back({name, value});
  });
  info.make = [](const objective_settings& settings, const objective_parts& parts) {
    const auto own = recipe.make(settings_of(recipe, settings));
    return with_parts(own, settings, parts);
  };
  return info;
}

template <const auto& Family>
objective_list describe_family() {
  return [&]<std::size_t... Places>(std::index_sequence<Places...>) {
    return objective_list{describe_objective<Family, Places>()...};
  }(std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<decltype(Family)>>>());
}

}  // namespace sasrec
