#pragma once

#include <stdexcept>
#include <string>

#include <cuda_runtime_api.h>

namespace prefopt::cuda {

/// A call of the CUDA runtime failed.
class device_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

inline void check(cudaError_t status, const char* what) {
  if (status != cudaSuccess) throw device_error(std::string(what) + ": " + cudaGetErrorString(status));
}

}  // namespace detail
}  // namespace prefopt::cuda
