#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include <prefopt/batch.hpp>

namespace support {

/// Row-major [rows, columns] numbers drawn uniformly from [low, high); the same for the same seed on any
/// platform.
template <class Scalar = double>
std::vector<Scalar> random_scores(prefopt::index rows, prefopt::index columns, std::uint32_t seed,
                                  double low = -6, double high = -0.01) {
  std::mt19937 generator(seed);
  std::vector<Scalar> values(static_cast<std::size_t>(rows * columns));
  for (Scalar& value : values)
    value = static_cast<Scalar>(low + (high - low) * (static_cast<double>(generator() >> 5) / (1 << 27)));
  return values;
}

}  // namespace support
