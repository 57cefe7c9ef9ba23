#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipe_list.hpp>

/// \file
/// The recipes of `prefopt/recipe_list.hpp` with default settings, whatever their types, over double: a file for each
/// family, which compile side by side.

namespace test {

/// `evaluate` of one recipe, from a fresh state.
struct any_recipe {
  std::string id;
  prefopt::recipe_facts facts;
  prefopt::result (*run)(const prefopt::batch<double>& batch, const prefopt::matrix_view<double>& gradient,
                         const prefopt::options<double>& options) = nullptr;
};

/// \tparam Family of `prefopt::listed`, \tparam Place of a recipe in it
template <const auto& Family, std::size_t Place>
auto make_listed() {
  constexpr auto& recipe = std::get<Place>(Family);
  auto settings = recipe.defaults();
  recipe.set(settings, "num_items", 1000);  // gbce's, which has no default
  return recipe.make(settings);
}

template <const auto& Family, std::size_t Place>
prefopt::result run_listed(const prefopt::batch<double>& batch, const prefopt::matrix_view<double>& gradient,
                           const prefopt::options<double>& options) {
  const auto objective = make_listed<Family, Place>();
  using state_type = prefopt::state_of<decltype(objective)>;
  state_type state{};
  prefopt::options<double, state_type> with_state{
      .losses = options.losses, .non_finite = options.non_finite, .executor = options.executor};
  with_state.state = &state;
  return prefopt::evaluate(objective, batch, gradient, with_state);
}

template <const auto& Family>
std::vector<any_recipe> erase_family() {
  return []<std::size_t... Places>(std::index_sequence<Places...>) {
    return std::vector<any_recipe>{{std::string(std::get<Places>(Family).id),
                                    prefopt::facts_of(make_listed<Family, Places>()),
                                    run_listed<Family, Places>}...};
  }(std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<decltype(Family)>>>());
}

std::vector<any_recipe> pairwise_family();
std::vector<any_recipe> adaptive_family();
std::vector<any_recipe> several_family();
std::vector<any_recipe> reference_free_family();
std::vector<any_recipe> unpaired_family();
std::vector<any_recipe> listwise_family();
std::vector<any_recipe> general_preference_family();
std::vector<any_recipe> recommender_family();

}  // namespace test
