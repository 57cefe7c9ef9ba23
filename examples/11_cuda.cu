// The same objectives on a CUDA device: loss and gradient in one pass over its memory, negatives drawn there.
#include <cassert>
#include <cmath>
#include <cstdio>

#include <prefopt/cuda.cuh>

template <class T>
T* device_array(prefopt::index size) {
  T* memory = nullptr;
  return cudaMallocManaged(&memory, sizeof(T) * size) == cudaSuccess ? memory : nullptr;
}

int main() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::puts("skipped: no CUDA device");
    return 0;
  }
  constexpr prefopt::index users = 1000, candidates = 3;
  float* scores = device_array<float>(users * candidates);
  float* gradient = device_array<float>(users * candidates);
  float* loss = device_array<float>(1);
  float* workspace = device_array<float>(prefopt::cuda::workspace_size(users, candidates));
  for (prefopt::index i = 0; i < users * candidates; ++i) scores[i] = i % candidates == 0 ? 5.0f : 0.0f;
  cudaStream_t stream;
  cudaStreamCreate(&stream);

  const prefopt::matrix_view<const float> policy{scores, users, candidates, candidates, 1};
  prefopt::cuda::evaluate(prefopt::softmax(), {.policy = policy},
                          prefopt::matrix_view<float>{gradient, users, candidates, candidates, 1},
                          {.loss = loss}, workspace, stream);  // returns at once

  std::int32_t* liked = device_array<std::int32_t>(users);
  std::int32_t* negatives = device_array<std::int32_t>(users * 2);
  for (prefopt::index b = 0; b < users; ++b) liked[b] = static_cast<std::int32_t>(b % 50);
  prefopt::cuda::draw(prefopt::cuda::uniform{.num_items = 50}, liked, {}, {.seed = 7, .step = 1},
                      {negatives, users, 2, 2, 1}, nullptr, stream);
  cudaStreamSynchronize(stream);

  std::printf("loss %.6f, negatives of the first user: %d %d\n", *loss, negatives[0], negatives[1]);
  assert(std::abs(*loss - std::log1p(2 * std::exp(-5.0))) < 1e-6);
  assert(gradient[0] < 0 && gradient[1] > 0);
  for (prefopt::index b = 0; b < users; ++b) assert(negatives[2 * b] != liked[b] && negatives[2 * b] < 50);
}
