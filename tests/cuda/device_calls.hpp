#pragma once

#include <cstdint>
#include <vector>

#include <prefopt/batch.hpp>
#include <prefopt/samplers/draw_key.hpp>

/// \file
/// `prefopt::cuda` over vectors of the host: copied to the device, evaluated there, copied back.

namespace test {

using prefopt::index;

/// False where there is no device: nothing can be run then.
bool has_device();

template <class Scalar>
struct device_batch {
  index rows = 0, candidates = 0, components = 1;
  std::vector<Scalar> policy, reference;
  std::vector<Scalar> relevance, weights;  ///< may be empty
  std::vector<std::int32_t> order;         ///< may be empty
};

template <class Scalar>
struct device_result {
  Scalar loss;
  std::vector<Scalar> losses, gradient;
};

template <class Objective, class Scalar>
device_result<Scalar> evaluate_on_device(const Objective& objective, const device_batch<Scalar>& batch);

struct device_draw {
  std::vector<std::int32_t> positives, items;
  std::vector<index> offsets;
  prefopt::samplers::draw_key key;
  index num_items, places;
  bool repeat;
};

/// [B, K] negatives, and behind them how many places were masked. `counts` empty: uniform.
std::vector<std::int32_t> draw_on_device(const device_draw& draw, const std::vector<double>& counts,
                                         index& missing);

}  // namespace test
