#pragma once

#include <prefopt/libtorch/draw.hpp>

namespace test {

/// `prefopt::libtorch::draw` as nvcc compiles it.
template <class Sampler>
prefopt::libtorch::negatives drawn_by_nvcc(const Sampler& sampler, const at::Tensor& positives,
                                           const prefopt::libtorch::history& history,
                                           const prefopt::libtorch::draw_options& options);

}  // namespace test
