#pragma once

#include <cstddef>

#include <prefopt/executor.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::detail {

/// For fewer scores, waking a second thread costs more than it brings.
inline constexpr index smallest_shared_batch = 1 << 15;

/// How many tasks share the pieces of a call.
inline std::size_t task_count(const executor& executor, std::size_t pieces, bool worth_sharing) {
  if (!worth_sharing || executor.tasks <= 1 || pieces <= 1) return 1;
  return executor.tasks < pieces ? executor.tasks : pieces;
}

}  // namespace prefopt::detail
