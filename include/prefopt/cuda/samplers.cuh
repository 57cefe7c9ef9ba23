#pragma once

#include <cstdint>

#include <cuda_runtime_api.h>

#include <prefopt/cuda/draw_row.hpp>
#include <prefopt/cuda/error.cuh>
#include <prefopt/cuda/samplers.hpp>
#include <prefopt/error.hpp>

/// \file
/// The samplers that look at no scores, on a device: the same draws as the host's, item for item.

namespace prefopt::cuda {

namespace detail {

inline constexpr int sampler_threads = 128;

/// A thread for each row.
template <class Law>
__global__ void __launch_bounds__(sampler_threads)
    draw_rows(const Law law, bool repeat, const std::int32_t* positives, history_rows history,
              samplers::draw_key key, matrix_view<std::int32_t> negatives, index* missing) {
  for (index b = blockIdx.x * index{sampler_threads} + threadIdx.x; b < negatives.rows;
       b += gridDim.x * index{sampler_threads}) {
    const index masked = draw_row(law, repeat, positives[b], history, b, key, &negatives(b, 0),
                                  negatives.columns, negatives.column_stride);
    if (missing != nullptr && masked > 0)
      atomicAdd(reinterpret_cast<unsigned long long*>(missing), static_cast<unsigned long long>(masked));
  }
}

}  // namespace detail

/// Draws K negatives for each example of a batch, all of it in the device's memory.
///
/// \param sampler   `uniform` or `popularity`
/// \param positives [B], the preferred item of each example
/// \param history   what each example must not draw; its lists ascend
/// \param negatives [B, K], written: items; `samplers::masked` in the last places of a row that runs out of items
/// \param missing   receives how many places were masked; null: nobody asks
/// \throws invalid_argument if a size or the key is out of range; `device_error` if the launch fails
///
/// Row b depends on (seed, step, first_example + b), its positive and its history alone, and is the row that
/// `samplers::uniform` or `samplers::popularity` draws on the host. Asynchronous; nothing is allocated. O(K (K + log
/// history)) a row, and O(K² V) for rows for which nearly nothing is allowed.
template <class Sampler>
void draw(const Sampler& sampler, const std::int32_t* positives, const history_rows& history,
          const samplers::draw_key& key, const matrix_view<std::int32_t>& negatives, index* missing,
          cudaStream_t stream) {
  constexpr const char* where = "cuda::draw";
  using prefopt::detail::require;
  require(sampler.num_items >= 1 && sampler.num_items <= INT32_MAX, where, "num_items is ", sampler.num_items,
          ", expected 1 to 2^31 - 1");
  require(key.step < key.limit, where, "step is ", key.step, ", expected below 2^48");
  require(key.first_example < key.limit &&
              static_cast<std::uint64_t>(negatives.rows) <= key.limit - key.first_example,
          where, "first_example is ", key.first_example, " with ", negatives.rows,
          " rows, expected examples below 2^48");
  if (missing != nullptr) detail::check(cudaMemsetAsync(missing, 0, sizeof *missing, stream), where);
  if (negatives.rows == 0) return;
  constexpr index most_blocks = 1 << 20;
  const index wanted = (negatives.rows + detail::sampler_threads - 1) / detail::sampler_threads;
  const auto blocks = static_cast<unsigned>(wanted < most_blocks ? wanted : most_blocks);
  detail::draw_rows<<<blocks, detail::sampler_threads, 0, stream>>>(sampler.law(), sampler.repeat, positives,
                                                                    history, key, negatives, missing);
  detail::check(cudaGetLastError(), where);
}

}  // namespace prefopt::cuda
