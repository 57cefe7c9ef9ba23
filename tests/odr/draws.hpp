#pragma once

#include <cstdint>
#include <vector>

namespace test {

/// What some samplers draw, and random words, as a translation unit of other flags than the others computes them.
std::vector<std::int32_t> draws_by_default();
std::vector<std::int32_t> draws_without_avx();
std::vector<std::int32_t> draws_by_nvcc();

}  // namespace test
