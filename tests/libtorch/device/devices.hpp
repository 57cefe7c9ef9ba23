#pragma once

#include <cstdio>

#include <c10/cuda/CUDAFunctions.h>
#include <torch/torch.h>

/// \file
/// What the tests on a device share.

namespace test {

/// Says so where there is no device.
inline bool skipped() {
  if (torch::cuda::is_available()) return false;
  std::puts("[skipped] no CUDA device");
  return true;
}

/// Makes whatever waits for a device an error, as long as it lives.
class no_waiting {
 public:
  no_waiting() { c10::cuda::warning_state().set_sync_debug_mode(c10::cuda::SyncDebugMode::L_ERROR); }
  no_waiting(const no_waiting&) = delete;
  no_waiting& operator=(const no_waiting&) = delete;
  ~no_waiting() { c10::cuda::warning_state().set_sync_debug_mode(c10::cuda::SyncDebugMode::L_DISABLED); }
};

}  // namespace test
