#pragma once

#include <cstddef>

/// \file
/// What a C++ programmer would write instead: plain loops over row-major [rows, columns] floats, column 0
/// preferred. Each writes the mean gradient and returns the mean loss.

/// The loops as they stand, compiled with the flags of the other programs.
namespace plain {
float s_dpo(const float* policy, const float* reference, float* gradient, std::size_t rows,
            std::size_t columns);
float dpo(const float* policy, const float* reference, float* gradient, std::size_t rows,
          std::size_t columns);
float bpr(const float* policy, const float* reference, float* gradient, std::size_t rows,
          std::size_t columns);
float bce(const float* policy, const float* reference, float* gradient, std::size_t rows,
          std::size_t columns);
float plackett_luce(const float* policy, const float* reference, float* gradient, std::size_t rows,
                    std::size_t columns);
}  // namespace plain

/// The same text under -Ofast, where the compiler calls the vector functions of libmvec: the honest peer.
namespace ofast {
float s_dpo(const float* policy, const float* reference, float* gradient, std::size_t rows,
            std::size_t columns);
float dpo(const float* policy, const float* reference, float* gradient, std::size_t rows,
          std::size_t columns);
float bpr(const float* policy, const float* reference, float* gradient, std::size_t rows,
          std::size_t columns);
float bce(const float* policy, const float* reference, float* gradient, std::size_t rows,
          std::size_t columns);
float plackett_luce(const float* policy, const float* reference, float* gradient, std::size_t rows,
                    std::size_t columns);
}  // namespace ofast
