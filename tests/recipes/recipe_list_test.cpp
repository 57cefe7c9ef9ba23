#include <set>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <prefopt/recipe_list.hpp>

namespace {

using prefopt::inputs;
using prefopt::losses::rejected;

prefopt::recipe_facts facts(std::string_view id) {
  prefopt::recipe_facts found;
  bool known = false;
  prefopt::for_each_recipe([&](const auto& recipe) {
    if (recipe.id != id) return;
    found = prefopt::facts_of(recipe.make(recipe.defaults()));
    known = true;
  });
  CHECK_MESSAGE(known, std::string(id));
  return found;
}

TEST_CASE("every_recipe_has_a_name_of_its_own_a_formula_and_a_source") {
  std::set<std::string_view> ids;
  prefopt::for_each_recipe([&](const auto& recipe) {
    CAPTURE(std::string(recipe.id));
    CHECK(ids.insert(recipe.id).second);
    CHECK(!recipe.formula.empty());
    CHECK(!recipe.paper.empty());
  });
  CHECK(ids.size() > 55);
}

TEST_CASE("a_recipe_of_the_list_with_default_settings_is_a_valid_objective") {
  prefopt::for_each_recipe([](const auto& recipe) {
    if (recipe.id == "gbce") return;  // the size of the catalogue has no default
    CAPTURE(std::string(recipe.id));
    CHECK_NOTHROW(recipe.make(recipe.defaults()).check());
  });
}

TEST_CASE("settings_are_found_by_name") {
  prefopt::for_each_recipe([](const auto& recipe) {
    CAPTURE(std::string(recipe.id));
    auto settings = recipe.defaults();
    recipe.for_each_setting([&](std::string_view name, double) { CHECK(recipe.set(settings, name, 1)); });
    CHECK(!recipe.set(settings, "no_such_setting", 1));
    if constexpr (requires { settings.gamma; }) {
      CHECK(recipe.set(settings, "gamma", 0.75));
      CHECK(settings.gamma == 0.75);
    }
    if constexpr (requires { settings.top_m; }) {
      CHECK(recipe.set(settings, "top_m", 3));
      CHECK(settings.top_m == 3);
    }
    if constexpr (requires { settings.weighting_scheme; }) {
      CHECK(recipe.set(settings, "weighting_scheme", 1));
      CHECK(settings.weighting_scheme == prefopt::losses::weighting_scheme::ndcgLoss1);
    }
  });
}

TEST_CASE("facts_are_what_the_types_say") {
  CHECK(facts("dpo").negatives == rejected::one);
  CHECK(facts("s_dpo").negatives == rejected::several);
  CHECK(facts("kto").negatives == rejected::none);
  CHECK(facts("rodpo").negatives == rejected::one);
  CHECK(facts("dpo").reads_reference);
  CHECK(!facts("bpr").reads_reference);
  CHECK(!facts("dpo").needs_log_probabilities);
  CHECK(!facts("bce").needs_log_probabilities);
  CHECK(facts("orpo").needs_log_probabilities);
  CHECK(facts("rpo").needs_log_probabilities);
  CHECK(facts("plackett_luce").ordered);
  CHECK(facts("listnet").graded);
  CHECK(facts("beta_dpo").keeps_state);
  CHECK(contains(facts("kto").needs, inputs::kl));
  CHECK(contains(facts("softmax").reads, inputs::log_q));
  CHECK(!contains(facts("softmax").needs, inputs::log_q));
  for (const char* id : {"beta_dpo", "hanorec", "dama", "aot", "kto", "bco"}) CHECK(facts(id).looks_at_batch);
  CHECK(!facts("s_dpo").looks_at_batch);
  CHECK(facts("gpm").components == 2);
  CHECK(facts("s_dpo").components == 1);
  CHECK(facts("neural_ndcg").closed_form);
}

}  // namespace
