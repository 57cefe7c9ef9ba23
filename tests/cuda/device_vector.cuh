#pragma once

#include <cstddef>
#include <vector>

#include <prefopt/cuda/error.cuh>

namespace test {

/// Memory of the device that lives as long as this does.
template <class T>
class device_vector {
 public:
  explicit device_vector(const std::vector<T>& values) : device_vector(values.size()) {
    prefopt::cuda::detail::check(
        cudaMemcpyAsync(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice), "copy");
  }
  explicit device_vector(std::size_t size) : size_(size) {
    prefopt::cuda::detail::check(cudaMalloc(&data_, (size > 0 ? size : 1) * sizeof(T)), "cudaMalloc");
  }
  device_vector(const device_vector&) = delete;
  device_vector& operator=(const device_vector&) = delete;
  ~device_vector() { cudaFree(data_); }

  T* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  T* data_ = nullptr;
  std::size_t size_;
};

template <class T>
std::vector<T> to_host(const device_vector<T>& values) {
  std::vector<T> copy(values.size());
  prefopt::cuda::detail::check(
      cudaMemcpy(copy.data(), values.data(), values.size() * sizeof(T), cudaMemcpyDeviceToHost), "copy");
  return copy;
}

}  // namespace test
