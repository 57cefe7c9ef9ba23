#pragma once

#include <cstdint>
#include <string_view>

#include <prefopt/error.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// References that follow the policy are settings (`frozen`, `periodic_sync`, `moving_average`, `staged`) with an
/// explicit state, over tensors of the caller's, of which there may be many (all parameters of a model):
///
///     const prefopt::references::periodic_sync sync{.mixup = 0.6, .every = 512};
///     prefopt::references::sync_state state;
///     ...                                                          // after each optimiser step:
///     if (const double share = sync.advance(state); share > 0)
///       for (auto& [reference, policy] : parameters) prefopt::references::mix<float>(reference, policy, share);

namespace prefopt::references {

/// Optimiser steps and stages so far; copyable, `save_state` writes it.
struct sync_state {
  std::uint64_t steps = 0;
  std::uint64_t stages = 0;

  static constexpr std::string_view name = "sync_state";
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit("steps", self.steps);
    visit("stages", self.stages);
  }
};

/// reference ← (1 − share) · reference + share · policy, elementwise; a share of 1 copies bit by bit.
/// \param reference, policy adapted tensors of one shape
/// \throws invalid_argument if the shapes differ, or share is not in [0, 1]
template <class Scalar>
void mix(const tensor_ref<Scalar>& reference, const tensor_ref<const Scalar>& policy, double share) {
  constexpr auto here = "references::mix";
  detail::require(reference && policy, here, reference ? "policy" : "reference", " is absent");
  detail::require(share >= 0 && share <= 1, here, "share is ", share, ", expected a value in [0, 1]");
  detail::require(reference->rows == policy->rows && reference->columns == policy->columns, here,
                  "reference is ", detail::shape_text(reference->rows, reference->columns), ", expected ",
                  detail::shape_text(policy->rows, policy->columns), " (the shape of policy)");
  const auto mixed = [=](Scalar before, Scalar now) {
    if (share == 1) return now;
    return static_cast<Scalar>((1 - share) * static_cast<double>(before) + share * static_cast<double>(now));
  };
  for (index i = 0; i < reference->rows; ++i)
    for (index j = 0; j < reference->columns; ++j)
      (*reference)(i, j) = mixed((*reference)(i, j), (*policy)(i, j));
}

/// Counts an optimiser step of `how`, and moves one tensor accordingly. For several tensors, see above.
/// \return whether the reference changed
template <class Scalar, class How>
bool update(const How& how, sync_state& state, const tensor_ref<Scalar>& reference,
            const tensor_ref<const Scalar>& policy) {
  const double share = how.advance(state);
  if (share > 0) mix(reference, policy, share);
  return share > 0;
}

}  // namespace prefopt::references
