#pragma once

#include <string>

#include "cuda/host_teams.hpp"
#include "support/golden.hpp"

/// \file
/// How golden_check_cuda checks a case: the text of the kernels, run by teams of the host.

namespace golden {

/// \param start what the objective starts from, \param state what it leaves
template <int Size, int Slots, class Scalar, class Objective>
std::string check_team(const Objective& objective, const json& golden_case, const tolerances& limits,
                       const test::state_of<Objective>& start, test::state_of<Objective>& state) {
  state = start;
  tensors<Scalar> data(golden_case.at("inputs"));
  const double total = test::evaluate_by_teams<Size, Slots>(
      objective, data.batch(), prefopt::tensor_ref<Scalar>(data.see(data.gradient)), {.losses = data.losses},
      &state);
  return compare_case(data, total / static_cast<double>(data.policy.rows), golden_case, limits);
}

/// One thread a row, in registers and in memory, and four. Empty if all match, otherwise what differs.
template <class Scalar, class Objective>
std::string check_case(const Objective& objective, const json& golden_case, const tolerances& limits,
                       test::state_of<Objective>* state = nullptr) {
  if constexpr (!prefopt::cuda::device_objective<Objective>) {
    return left_out;
  } else {
    test::state_of<Objective> own{}, &after = state != nullptr ? *state : own;
    const test::state_of<Objective> start = after;
    std::string difference = check_team<1, 32, Scalar>(objective, golden_case, limits, start, after);
    if (difference.empty())
      difference = check_team<4, 16, Scalar>(objective, golden_case, limits, start, after);
    if constexpr (prefopt::cuda::detail::keeps_nothing<Objective>)
      if (difference.empty())
        difference = check_team<1, 0, Scalar>(objective, golden_case, limits, start, after);
    return difference;
  }
}

}  // namespace golden
