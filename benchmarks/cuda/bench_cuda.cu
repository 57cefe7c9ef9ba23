#include <algorithm>
#include <cstdio>
#include <vector>

#include <prefopt/cuda.cuh>

#if defined(PREFOPT_BENCH_TORCH)
#include "composed_autograd.hpp"
#endif

/// \file
/// Fused S-DPO on a device, forward and gradient, against what its memory allows and against LibTorch's composed autograd.
/// Prints `id value` lines: medians over runs that take turns.

namespace {

using prefopt::index;
using prefopt::cuda::detail::check;

/// Floats of the device.
float* allocate(std::size_t count) {
  float* memory = nullptr;
  check(cudaMalloc(&memory, count * sizeof(float)), "cudaMalloc");
  return memory;
}

__global__ void fill(float* values, index count, std::uint32_t seed) {
  for (index i = blockIdx.x * index{blockDim.x} + threadIdx.x; i < count;
       i += index{gridDim.x} * blockDim.x) {
    std::uint32_t words[4] = {static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i >> 32), 0, 0};
    prefopt::samplers::philox(words, seed, 0);
    values[i] = -8 * static_cast<float>(words[0] >> 8) / (1 << 24);
  }
}

/// Milliseconds of one call of each, run in turns.
template <class... Calls>
std::vector<double> race(const Calls&... calls) {
  constexpr int warm_up = 5, runs = 21;
  cudaEvent_t start, end;
  check(cudaEventCreate(&start), "event");
  check(cudaEventCreate(&end), "event");
  std::vector<std::vector<double>> times(sizeof...(calls));
  for (int run = -warm_up; run < runs; ++run) {
    std::size_t which = 0;
    const auto measure = [&](const auto& call) {
      check(cudaEventRecord(start), "event");
      call();
      check(cudaEventRecord(end), "event");
      check(cudaEventSynchronize(end), "event");
      float milliseconds = 0;
      check(cudaEventElapsedTime(&milliseconds, start, end), "event");
      if (run >= 0) times[which].push_back(milliseconds);
      ++which;
    };
    (measure(calls), ...);
  }
  std::vector<double> medians;
  for (auto& of_call : times) {
    std::nth_element(of_call.begin(), of_call.begin() + runs / 2, of_call.end());
    medians.push_back(of_call[runs / 2]);
  }
  return medians;
}

/// S-DPO over [rows, candidates]: reads policy and reference, writes the gradient; a copy of as many bytes is the limit.
void bench_s_dpo(const char* id, index rows, index candidates) {
  const auto count = static_cast<std::size_t>(rows * candidates);
  float *policy = allocate(count), *reference = allocate(count), *gradient = allocate(count);
  float *loss = allocate(1), *workspace = allocate(prefopt::cuda::workspace_size(rows, candidates));
  fill<<<1024, 256>>>(policy, rows * candidates, 1);
  fill<<<1024, 256>>>(reference, rows * candidates, 2);
  check(cudaGetLastError(), "fill");

  const auto objective = prefopt::s_dpo({.beta = 1});
  const auto see = [&](auto* data) {
    return prefopt::matrix_view<std::remove_pointer_t<decltype(data)>>{data, rows, candidates, candidates, 1};
  };
  const auto fused = [&] {
    prefopt::cuda::evaluate(objective, {.policy = see(policy), .reference = see(reference)}, see(gradient),
                            {.loss = loss}, workspace, nullptr);
  };
  const auto copy = [&] {
    check(cudaMemcpyAsync(gradient, policy, count * sizeof(float), cudaMemcpyDeviceToDevice), "copy");
  };
  const std::vector<double> times = race(fused, copy);
  const double bytes = static_cast<double>(count * sizeof(float));
  const double fused_rate = 3 * bytes / times[0] / 1e6, copy_rate = 2 * bytes / times[1] / 1e6;
  std::printf("%s_ms %.4f\n%s_gb_per_s %.0f\ncopy_gb_per_s %.0f\n%s_share_of_copy %.3f\n", id, times[0], id,
              fused_rate, copy_rate, id, fused_rate / copy_rate);
#if defined(PREFOPT_BENCH_TORCH)
  std::printf("%s_vs_autograd %.1f\n", id, composed_autograd_milliseconds(rows, candidates, 1) / times[0]);
#endif
  for (float* memory : {policy, reference, gradient, loss, workspace}) check(cudaFree(memory), "cudaFree");
}

}  // namespace

int main() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::puts("skipped: no CUDA device");
    return 0;
  }
  cudaDeviceProp properties;
  int driver = 0;
  check(cudaGetDeviceProperties(&properties, 0), "properties");
  check(cudaDriverGetVersion(&driver), "driver");
  std::printf("# %s, driver for CUDA %d.%d\n", properties.name, driver / 1000, driver % 1000 / 10);
  bench_s_dpo("cuda_sdpo1", 1 << 20, 2);
  bench_s_dpo("cuda_sdpo15", 1 << 20, 16);
  bench_s_dpo("cuda_sdpo127", 1 << 17, 128);
  bench_s_dpo("cuda_sdpo4095", 1 << 12, 4096);
}
