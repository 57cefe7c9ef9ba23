#include "harness.hpp"

// Losses that need to have seen the whole batch.

using shapes::carry_through_every_number;
using shapes::json;

TEST_CASE("kto, against a statistic of the batch, is one text for every number") {
  carry_through_every_number("kto", [](const json& c) {
    const json& hyper = c.at("hyper");
    return prefopt::kto({hyper.at("beta"), hyper.at("desirable_weight"), hyper.at("undesirable_weight")});
  });
}

TEST_CASE("beta_dpo, a strength from the batch and a filter over it, is one text for every number") {
  carry_through_every_number(
      "beta_dpo",
      [](const json& c) {
        static std::vector<prefopt::index> selected;  // read by the objective until the next case
        selected = c.at("inputs").at("selected").get<std::vector<prefopt::index>>();
        const json& hyper = c.at("hyper");
        auto objective = prefopt::beta_dpo({hyper.at("beta0"), hyper.at("alpha")});
        objective.strength.beta_min = hyper.at("beta_min");
        objective.strength.momentum = 1;  // the file gives the mean after the update
        objective.strength.selected = selected;
        return objective;
      },
      [](const json& c) { return prefopt::strengths::gap_state{.mean = c.at("hyper").at("gap_mean")}; });
}

TEST_CASE("aot, which couples examples through a sort, is one text for every number") {
  carry_through_every_number("aot", [](const json& c) {
    return prefopt::aot({c.at("hyper").at("beta"), c.at("hyper").at("label_smoothing")});
  });
}

TEST_CASE("aot_unpaired, which couples the items of different examples, is one text for every number") {
  carry_through_every_number("aot_unpaired", [](const json& c) {
    return prefopt::aot_unpaired({c.at("hyper").at("beta"), c.at("hyper").at("label_smoothing")});
  });
}
