#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model.hpp"

/// \file
/// What the policy is compared with: prefopt's references by name.

namespace sasrec {

struct reference_settings {
  /// frozen, none, periodic_sync or moving_average
  std::string name = "frozen";
  std::uint64_t every = 512;  ///< periodic_sync: optimiser steps
  double mixup = 0.6;         ///< periodic_sync: share of the policy that goes into the reference
  double decay = 0.99;        ///< moving_average

  bool moves() const { return name == "periodic_sync" || name == "moving_average"; }
};

std::vector<std::string> reference_names();

/// Throws std::invalid_argument, which lists the known names, for an unknown one, and prefopt::invalid_argument for a
/// setting out of range.
void check_reference(const reference_settings& settings);

/// Moves all parameters of a reference after the `steps`-th optimiser step, counted from 1.
void follow(model& reference, const model& policy, const reference_settings& settings, std::uint64_t steps);

}  // namespace sasrec
