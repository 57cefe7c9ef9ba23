#pragma once

#include <map>
#include <string>

#include "check_case.hpp"
#include "support/golden.hpp"

/// \file
/// The objectives that golden_check knows, by family: one file each, so that they compile side by side. How a case is
/// checked, `check_case.hpp` says: the engine's own is in engine/, and programs for other back-ends bring theirs.

namespace golden {

/// How to check one case of one objective, in double and in float. Empty: it matches.
struct checker {
  std::string (*in_double)(const json& golden_case, const tolerances&);
  std::string (*in_float)(const json& golden_case, const tolerances&);
};
using checkers = std::map<std::string, checker>;

/// `Make` turns a case's hyper-parameters into an objective.
template <auto Make>
constexpr checker objective_checker() {
  return {[](const json& c, const tolerances& t) { return check_case<double>(Make(c.at("hyper")), c, t); },
          [](const json& c, const tolerances& t) { return check_case<float>(Make(c.at("hyper")), c, t); }};
}

/// The same for a case whose inputs are named otherwise: `Canonical` renames and arranges them first.
template <auto Make, auto Canonical>
constexpr checker objective_checker() {
  return {[](const json& c, const tolerances& t) {
            return check_case<double>(Make(c.at("hyper")), Canonical(c), t);
          },
          [](const json& c, const tolerances& t) {
            return check_case<float>(Make(c.at("hyper")), Canonical(c), t);
          }};
}

checkers pairwise_checkers();
checkers reference_free_checkers();
checkers unpaired_checkers();
checkers general_preference_checkers();
checkers several_checkers();
checkers recommender_checkers();
checkers listwise_checkers();
checkers graded_checkers();
checkers composition_checkers();
checkers adaptive_checkers();
checkers policy_checkers();
checkers samplers_checkers();

}  // namespace golden
