#include "../objectives.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace sasrec;

namespace {

void refuses(const char* id, const objective_settings& settings, const char* text) {
  CHECK_THROWS_WITH_AS(make_objective(id, settings), text, std::invalid_argument);
}

/// dpo's loss of two examples, with a state that it may have.
float loss_of(any_objective& objective) {
  const std::vector<float> policy{1, 2, 3, 0}, reference{0, 0, 1, 1};
  std::vector<float> gradient(4);
  const auto matrix = [](const auto& values) { return prefopt::as_matrix(values, 2, 2); };
  return static_cast<float>(objective
                                .evaluate({.policy = matrix(policy), .reference = matrix(reference)},
                                          prefopt::as_matrix(gradient, 2, 2))
                                .loss);
}

}  // namespace

TEST_CASE("objectives: every recipe of prefopt's list is known, in its order") {
  std::vector<std::string_view> listed, known;
  prefopt::for_each_recipe([&](const auto& recipe) { listed.push_back(recipe.id); });
  for (const objective_info& info : known_objectives()) known.push_back(info.id);
  CHECK(known == listed);
}

TEST_CASE("objectives: settings are found by name") {
  const auto plain = make_objective("cdpo"), smoothed = make_objective("cdpo", {{"label_smoothing", 0.2}});
  const auto dpo = make_objective("dpo"), strong = make_objective("dpo", {{"beta", 2}});
  CHECK(loss_of(*plain) == loss_of(*dpo));
  CHECK(loss_of(*smoothed) != loss_of(*dpo));
  CHECK(loss_of(*strong) != loss_of(*dpo));
  CHECK(parse_setting("gamma=0.5") == std::pair<std::string, double>("gamma", 0.5));
  CHECK(parse_setting("beta=1e-3") == std::pair<std::string, double>("beta", 1e-3));
}

TEST_CASE("objectives: what they keep from batch to batch is saved and restored") {
  CHECK(make_objective("dpo")->state().empty());
  const auto first = make_objective("beta_dpo"), second = make_objective("beta_dpo");
  const std::string fresh = first->state();
  loss_of(*first);
  CHECK(first->state() != fresh);
  second->restore(first->state());
  CHECK(second->state() == first->state());
  CHECK(loss_of(*first) == loss_of(*second));
  CHECK_THROWS_AS(second->restore("running_mean"), std::invalid_argument);
}

TEST_CASE("objectives: their types say what they need") {
  CHECK(find_objective("dpo").pairwise());
  CHECK_FALSE(find_objective("s_dpo").pairwise());
  CHECK(find_objective("rpo").facts.needs_log_probabilities);
  CHECK(find_objective("plackett_luce").facts.ordered);
  for (const auto* id : {"beta_dpo", "hanorec", "dama", "aot", "aot_unpaired", "kto", "bco"})
    CHECK(find_objective(id).facts.looks_at_batch);
  CHECK_FALSE(find_objective("s_dpo").facts.looks_at_batch);
}

TEST_CASE("objectives: what makes no sense is refused") {
  refuses("gpm", {}, "gpm compares vectors of items, but a SASRec has one score for each");
  refuses("dove", {}, "dove needs log-probabilities of the contexts, but a SASRec models items alone");
  refuses("simpo", {{"tau", 1}}, "simpo has no setting 'tau', expected one of beta, gamma, label_smoothing");
  refuses("bpr", {{"beta", 1}}, "bpr has no settings, found 'beta'");
  refuses("dpo", {{"beta", 0}}, "strength: beta is 0, expected a finite value above 0");
  std::string known = "objective is 'sdpo', expected one of ";
  for (const objective_info& info : known_objectives())
    known += (&info == &known_objectives().front() ? "" : ", ") + std::string(info.id);
  refuses("sdpo", {}, known.c_str());
  for (const char* text : {"gamma", "=1", "gamma=", "gamma=x", "gamma=1x", "gamma=inf", "gamma=nan", ""})
    CHECK_THROWS_WITH_AS(parse_setting(text),
                         ("'" + std::string(text) + "' is no setting, expected name=number").c_str(),
                         std::invalid_argument);
}
