#pragma once

#include <cstddef>
#include <cstdint>

#include "loss_batch.hpp"

/// \file
/// What the machine allows on one thread: loops that do nothing but the one thing that bounds a figure.

namespace bench {

/// The traffic of every loss with a reference: two arrays read, one written, nothing computed.
void triad(const loss_batch& batch);

/// prefopt's own functions, in single precision, of `count` numbers that stay in the first-level cache.
void exp_in_l1(std::size_t count);
void softplus_in_l1(std::size_t count);
void reciprocal_in_l1(std::size_t count);

/// Multiply-adds on registers alone, two operations each: `flops` operations.
void multiply_and_add(double flops);

/// Rows of `width` floats, a multiple of 16, fetched by their number and written down, to 64-byte boundaries: what
/// an embedding moves at least.
void gather_rows(const float* table, const std::int32_t* ids, std::size_t count, std::size_t width,
                 float* out);

}  // namespace bench
