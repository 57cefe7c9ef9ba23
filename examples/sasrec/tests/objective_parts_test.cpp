#include "../objective_parts.hpp"

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>

#include "../objectives.hpp"

using namespace sasrec;

namespace {

const std::vector<float> policy{1, 0, 2, 0.5f, 0.9f, 3, 1, 2, 0, 2.5f, 0, 1, -1, 2, 0.5f},
    reference{0, 0.5f, 1, 0, 0, 1, 0, 2, 1, 0, 0.25f, 0, 0, 0, 1}, hardness{1, 1.1f, 0.9f};

/// As many of the values as there are candidates.
template <class Values>
auto first_of(Values& values, prefopt::index candidates) {
  return prefopt::as_matrix(std::span(values).first(static_cast<std::size_t>(3 * candidates)), 3, candidates);
}

prefopt::batch<float> three_examples(prefopt::index candidates) {
  return {.policy = first_of(policy, candidates), .reference = first_of(reference, candidates)};
}

struct outcome {
  double loss;
  std::vector<float> gradient;
  bool operator==(const outcome&) const = default;
};

/// The second of two batches, by name.
outcome by_name(const char* id, const objective_parts& parts, const objective_settings& settings = {}) {
  const auto objective = make_objective(id, settings, parts);
  const prefopt::index candidates = objective->facts().negatives == prefopt::losses::rejected::one ? 2 : 5;
  auto batch = three_examples(candidates);
  if (contains(objective->facts().needs, prefopt::inputs::hardness))
    batch.hardness = prefopt::as_matrix(hardness, 3, 1);
  outcome result{0, std::vector<float>(policy.size())};
  for (int step = 0; step < 2; ++step)
    result.loss = objective->evaluate(batch, first_of(result.gradient, candidates)).loss;
  return result;
}

/// The same by prefopt's own types.
template <class Objective>
outcome by_type(const Objective& objective, prefopt::index candidates) {
  auto batch = three_examples(candidates);
  if (contains(Objective::needs, prefopt::inputs::hardness))
    batch.hardness = prefopt::as_matrix(hardness, 3, 1);
  prefopt::state_of<Objective> state{};
  outcome result{0, std::vector<float>(policy.size())};
  for (int step = 0; step < 2; ++step) {
    prefopt::options<float, prefopt::state_of<Objective>> options{.reduction = prefopt::reduction::sum};
    options.state = &state;
    result.loss = prefopt::evaluate(objective, batch, first_of(result.gradient, candidates), options).loss;
  }
  return result;
}

auto dpo_with(auto strength) {
  const auto own = prefopt::dpo();
  return prefopt::compose(own.loss, own.reward, strength);
}
auto s_dpo_with(auto selection) {
  const auto own = prefopt::s_dpo();
  return prefopt::compose(own.loss, own.reward, own.strength, selection);
}

void refuses(const char* id, const objective_parts& parts, const objective_settings& settings,
             const char* text) {
  CHECK_THROWS_WITH_AS(make_objective(id, settings, parts), text, std::invalid_argument);
}

}  // namespace

TEST_CASE("objective parts: a strength by name is prefopt's own, from the objective's beta") {
  using namespace prefopt::strengths;
  CHECK(by_name("dpo", {.strength = "fixed"}, {{"beta", 0.5}}) == by_type(dpo_with(fixed{0.5}), 2));
  CHECK(by_name("dpo", {.strength = "annealed"},
                {{"beta", 0.5}, {"strength.end", 0.2}, {"strength.steps", 10}}) ==
        by_type(dpo_with(annealed{.start = 0.5, .end = 0.2, .steps = 10, .step = 1}), 2));
  CHECK(by_name("dpo", {.strength = "batch_beta"}, {{"strength.alpha", 0.3}, {"strength.rho", 0.4}}) ==
        by_type(dpo_with(batch_beta{.beta = 0.1, .alpha = 0.3, .rho = 0.4}), 2));
  CHECK(by_name("dpo", {.strength = "instance_beta"}, {{"strength.alpha", 0.3}}) ==
        by_type(dpo_with(instance_beta{.beta = 0.1, .alpha = 0.3}), 2));
  CHECK(by_name("dpo", {.strength = "hars"}) == by_type(dpo_with(hars{.beta = 0.1}), 2));
  CHECK(by_name("dpo", {.strength = "dama"}, {{"strength.drop", 0.4}, {"strength.hardness_mean", 1}}) ==
        by_type(dpo_with(dama{.beta = 0.1, .hardness_mean = 1, .drop = 0.4}), 2));
  CHECK(by_name("dpo", {.strength = "instance_beta"}) != by_name("dpo", {}));
}

TEST_CASE("objective parts: a selection by name is prefopt's own") {
  using namespace prefopt::selections;
  CHECK(by_name("s_dpo", {.selection = "all"}) == by_type(s_dpo_with(all{}), 5));
  CHECK(by_name("s_dpo", {.selection = "boundary"}) == by_type(s_dpo_with(boundary{}), 5));
  CHECK(by_name("s_dpo", {.selection = "hardest"}, {{"selection.count", 2}}) ==
        by_type(s_dpo_with(hardest{2}), 5));
  CHECK(by_name("s_dpo", {.selection = "boundary"}) != by_name("s_dpo", {}));
  CHECK(by_name("s_dpo", {.strength = "fixed", .selection = "boundary"}) ==
        by_name("s_dpo", {.selection = "boundary"}));
}

TEST_CASE("objective parts: those that an objective keeps are named") {
  for (const objective_info& info : known_objectives()) {
    if (!info.refusal.empty()) continue;
    CAPTURE(info.id);
    const objective_settings settings =
        info.has_setting("num_items") ? objective_settings{{"num_items", 20}} : objective_settings{};
    for (const std::string& name : strength_names()) {
      if (info.takes_strength)
        CHECK(make_objective(info.id, settings, {.strength = name})->facts().looks_at_batch);
      else
        CHECK_THROWS_AS(make_objective(info.id, settings, {.strength = name}), std::invalid_argument);
    }
    for (const std::string& name : selection_names()) {
      if (info.takes_selection)
        CHECK(make_objective(info.id, settings, {.selection = name}) != nullptr);
      else
        CHECK_THROWS_AS(make_objective(info.id, settings, {.selection = name}), std::invalid_argument);
    }
  }
  for (const auto* id :
       {"dpo", "ipo", "s_dpo", "dmpo", "beta_dpo", "plackett_luce", "lipo_lambda", "kto", "aot"})
    CHECK(find_objective(id).takes_strength);
  for (const auto* id : {"s_dpo", "dpo_k", "dmpo", "mppo", "bpr", "softmax", "dynamicpo"})
    CHECK(find_objective(id).takes_selection);
}

TEST_CASE("objective parts: what makes no sense is refused") {
  refuses("dpo", {.strength = "soft"}, {},
          "strength is 'soft', expected one of fixed, annealed, batch_beta, instance_beta, hars, dama");
  refuses("s_dpo", {.selection = "soft"}, {}, "selection is 'soft', expected one of all, boundary, hardest");
  refuses("simpo", {.strength = "hars"}, {},
          "simpo keeps its own strength, expected an objective of one term, of log-ratios with one beta");
  refuses("rpo", {.strength = "hars"}, {},
          "rpo keeps its own strength, expected an objective of one term, of log-ratios with one beta");
  refuses("dpo", {.selection = "boundary"}, {},
          "dpo keeps its own selection, expected an objective of one term, of several rejected items, "
          "neither ordered nor graded");
  refuses("dpo", {.strength = "batch_beta"}, {{"strength.tau", 1}},
          "strength batch_beta has no setting 'tau', expected one of alpha, rho");
  refuses("dpo", {.strength = "hars"}, {{"strength.alpha", 1}},
          "strength hars has no settings, found 'alpha'");
  refuses("dpo", {}, {{"strength.alpha", 1}}, "strength.alpha is set, but no strength is chosen");
  refuses("dpo", {.strength = "instance_beta"}, {{"strength.alpha", 1e308 * 10}},
          "instance_beta: alpha is inf, expected a finite value");
  refuses("s_dpo", {.selection = "hardest"}, {{"selection.count", 0}},
          "hardest: count is 0, expected at least 1");
}
