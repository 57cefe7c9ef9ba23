#pragma once

#include <string>
#include <vector>

#include <prefopt/evaluate.hpp>

#include "support/golden.hpp"

namespace golden {

/// Loss, per-example losses and gradient of one case; empty if they match, otherwise what differs.
/// \param state what the objective starts from, and leaves; absent: a fresh one
template <class Scalar, class Objective>
std::string check_case(const Objective& objective, const json& golden_case, const tolerances& limits,
                       prefopt::state_of<Objective>* state = nullptr) {
  tensors<Scalar> data(golden_case.at("inputs"));
  prefopt::state_of<Objective> fresh{};
  const prefopt::result result =
      prefopt::evaluate(objective, data.batch(), data.see(data.gradient),
                        {.losses = data.losses, .state = state != nullptr ? state : &fresh});

  const json& expected = golden_case.at("expected");
  std::string difference =
      compare("loss", data.losses, expected.at("loss").get<std::vector<double>>(), limits);
  if (difference.empty())
    difference = compare("mean_loss", std::vector<Scalar>{static_cast<Scalar>(result.loss)},
                         {expected.at("mean_loss").get<double>()}, limits);
  if (difference.empty())
    difference = compare("grad." + data.policy_name, data.gradient.values,
                         matrix<double>(expected.at("grad").at(data.policy_name)).values, limits);
  return difference;
}

}  // namespace golden
