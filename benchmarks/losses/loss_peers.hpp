#pragma once

#include <cstddef>

/// \file
/// What a C++ programmer would write instead: plain loops over row-major [rows, columns] floats, column 0
/// preferred. Each writes the mean gradient and returns the mean loss.

using loss_peer = float(const float* policy, const float* reference, float* gradient, std::size_t rows,
                        std::size_t columns);

/// The loops as they stand, compiled with the flags of the other programs.
namespace plain {
loss_peer s_dpo, dpo, bpr, bce, plackett_luce;
}

/// The same text under -Ofast, where the compiler calls the vector functions of libmvec: the honest peer.
namespace ofast {
loss_peer s_dpo, dpo, bpr, bce, plackett_luce;
}
