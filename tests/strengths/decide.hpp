#pragma once

#include <limits>
#include <random>
#include <vector>

#include <prefopt/tensor.hpp>

#include "support/matrix.hpp"

/// \file
/// A strength's step over the batch, without an engine around it.

namespace test {

inline constexpr double no_gap = std::numeric_limits<double>::quiet_NaN();

/// What `strength` decides for observations [B, n].
template <class Strength, class... State>
matrix<double> decide(const Strength& strength, const matrix<double>& seen, State&... state) {
  matrix<double> decided(seen.rows(), Strength::decisions);
  strength.decide(prefopt::view(seen), prefopt::view(decided), state...);
  return decided;
}

inline matrix<double> random_gaps(std::mt19937& generator, prefopt::index most = 20) {
  std::normal_distribution<double> normal(0.5, 2);
  matrix<double> gaps(1 + static_cast<prefopt::index>(generator() % static_cast<unsigned>(most)), 1);
  for (double& gap : gaps.values()) gap = normal(generator);
  return gaps;
}

}  // namespace test
