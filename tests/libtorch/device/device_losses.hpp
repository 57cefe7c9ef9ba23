#pragma once

#include <prefopt/libtorch.hpp>

namespace test {

/// `prefopt::libtorch::loss_and_statistics` as nvcc compiles it.
template <class Objective>
prefopt::libtorch::evaluated evaluated_by_nvcc(const Objective& objective,
                                               const prefopt::libtorch::batch& tensors,
                                               const prefopt::libtorch::options<>& options);

/// `prefopt::libtorch::loss`, likewise.
template <class Objective>
at::Tensor loss_by_nvcc(const Objective& objective, const prefopt::libtorch::batch& tensors,
                        const prefopt::libtorch::options<>& options);

}  // namespace test
