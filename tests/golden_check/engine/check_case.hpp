#pragma once

#include <string>

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
  return compare_case(data, result.loss, golden_case, limits);
}

}  // namespace golden
