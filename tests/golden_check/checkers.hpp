#pragma once

#include <map>
#include <string>

#include "support/golden.hpp"

/// \file
/// The objectives that golden_check knows, by family: one file each, so that they compile side by side.

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

checkers pairwise_checkers();
checkers several_checkers();
checkers recommender_checkers();
checkers listwise_checkers();
checkers samplers_checkers();

}  // namespace golden
