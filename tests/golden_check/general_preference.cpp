#include <prefopt/recipes/general_preference.hpp>

#include "checkers.hpp"

namespace golden {
namespace {

/// The two vectors of an example → one row of the policy.
json with_vectors(json c) {
  const auto join = [](json& tensors) {
    const json chosen = tensors.at("chosen_repr"), rejected = tensors.at("rejected_repr");
    for (std::size_t b = 0; b < chosen.size(); ++b) {
      json row = chosen.at(b);
      row.insert(row.end(), rejected.at(b).begin(), rejected.at(b).end());
      tensors["policy_logps"].push_back(row);
    }
  };
  join(c.at("inputs"));
  join(c.at("expected").at("grad"));
  // The objective has to know how many components a vector has.
  c.at("hyper")["components"] = c.at("inputs").at("chosen_repr").at(0).size();
  return c;
}
template <class Scalar>
std::string check_gpm(const json& c, const tolerances& limits) {
  const json whole = with_vectors(c);
  const json& h = whole.at("hyper");
  return check_case<Scalar>(prefopt::gpm({h.at("components"), h.at("tau"), h.at("margin")}), whole, limits);
}

/// Mean log-odds → relevance.
json with_preferences(json c) {
  json& inputs = c.at("inputs");
  inputs["relevance"] = inputs.at("scores");
  inputs.erase("scores");
  return c;
}

/// outcome 1, 0, −1 → relevance of the two.
json with_outcomes(json c) {
  json& inputs = c.at("inputs");
  for (const json& outcome : inputs.at("outcome")) inputs["relevance"].push_back({outcome, 0});
  return c;
}
/// tie 1 or 0 → relevance of the two.
json with_ties(json c) {
  json& inputs = c.at("inputs");
  for (const json& tie : inputs.at("tie")) inputs["relevance"].push_back({1 - tie.get<int>(), 0});
  return c;
}

/// The model of ties is a template argument.
template <class Scalar>
std::string check_bt_ties(const json& c, const tolerances& limits) {
  using prefopt::tie_model;
  const json& h = c.at("hyper");
  return h.at("model") == "davidson"
             ? check_case<Scalar>(prefopt::bt_ties<tie_model::davidson>({.nu = h.at("nu")}), with_outcomes(c),
                                  limits)
             : check_case<Scalar>(prefopt::bt_ties({.theta = h.at("theta")}), with_outcomes(c), limits);
}

}  // namespace

checkers general_preference_checkers() {
  return {
      {"gpm", {check_gpm<double>, check_gpm<float>}},
      {"gpo", objective_checker<[](const json& h) {
         return prefopt::gpo({h.at("beta"), h.at("log_z")});
       },
                                with_preferences>()},
      {"bt_ties", {check_bt_ties<double>, check_bt_ties<float>}},
      {"bt_wide_ties", objective_checker<[](const json& h) {
         return prefopt::bt_wide_ties(
             {h.at("margin"), h.at("label_smoothing"), h.at("bt_coeff"), h.at("btt_coeff")});
       },
                                         with_ties>()},
  };
}

}  // namespace golden
