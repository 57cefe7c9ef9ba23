#pragma once

#include <cstdint>

#include <prefopt/error.hpp>
#include <prefopt/numeric/scalar.hpp>

namespace prefopt::strengths {

/// How an annealed strength goes from its start to its end.
enum class annealing {
  linear,
  cosine,  ///< slowly at both ends: u = (1 − cos πt) / 2
};

/// One β for all examples, which moves from `start` to `end` over `steps` steps and stays there (ours). The step is a
/// setting: advance it with the optimiser's, `objective.strength.step = t`.
struct annealed {
  double start = 1, end = 0.1;  ///< both above 0
  std::uint64_t steps = 1000;   ///< at least 1
  annealing shape = annealing::linear;
  std::uint64_t step = 0;

  static constexpr bool maps_and_reductions = true;

  void check() const {
    for (const double beta : {start, end})
      detail::require(beta > 0 && beta < 1e300, "annealed", beta == start ? "start" : "end", " is ", beta,
                      ", expected a finite value above 0");
    detail::require(steps >= 1, "annealed", "steps is 0, expected at least 1");
  }
  /// β at a step: exactly `start` at 0 and `end` from `steps` on.
  double at(std::uint64_t when) const {
    if (when >= steps) return end;
    const double time = static_cast<double>(when) / static_cast<double>(steps);
    constexpr double pi = 3.14159265358979323846;
    const double share = shape == annealing::linear ? time : 0.5 * (1 - prefopt::cos(pi * time));
    return start + (end - start) * share;
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const { return row.number(at(step)); }
};

}  // namespace prefopt::strengths
