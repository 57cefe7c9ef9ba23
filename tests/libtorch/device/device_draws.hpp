#pragma once

#include <cstdint>
#include <functional>

#include <prefopt/libtorch/draw.hpp>

namespace test {

/// `prefopt::libtorch::draw` as nvcc compiles it, with a sampler that its code has made: samplers of other flags are other
/// types.
using draw_by_nvcc = std::function<prefopt::libtorch::negatives(
    const at::Tensor& positives, const prefopt::libtorch::history&, const prefopt::libtorch::draw_options&)>;

draw_by_nvcc uniform_by_nvcc(std::int64_t num_items, bool repeat);
draw_by_nvcc popularity_by_nvcc(const at::Tensor& counts);

}  // namespace test
