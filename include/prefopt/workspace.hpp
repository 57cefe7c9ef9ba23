#pragma once

#include <cstddef>
#include <vector>

#include <prefopt/detail/diagnostic_sums.hpp>
#include <prefopt/detail/scratch.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt {
namespace detail {

/// Sums over one chunk of examples. Chunks are added in their order, so that no thread count changes a
/// result.
struct chunk_sums {
  double loss = 0, chosen = 0, rejected = 0, hardest = 0, accurate = 0, beta = 0;
  index examples = 0, skipped = 0;
  index bad_row = -1, bad_column = -1;  ///< the first score that is not finite
  diagnostic_sums diagnostics;          ///< if they are asked for

  void add(const chunk_sums& other) {
    loss += other.loss;
    chosen += other.chosen;
    rejected += other.rejected;
    hardest += other.hardest;
    accurate += other.accurate;
    beta += other.beta;
    examples += other.examples;
    skipped += other.skipped;
    diagnostics.add(other.diagnostics);
    if (bad_row < 0) bad_row = other.bad_row, bad_column = other.bad_column;
  }
};

struct workspace_memory {
  std::vector<scratch> tasks;
  std::vector<chunk_sums> chunks;
  std::vector<double> observed, decided;

  void prepare(std::size_t task_count, std::size_t chunk_count) {
    if (tasks.size() < task_count) tasks.resize(task_count);
    chunks.assign(chunk_count, chunk_sums{});
  }
};

}  // namespace detail

/// Memory that `evaluate` reuses from call to call: it grows with the first calls and allocates nothing
/// afterwards. One at a time may use it, for whatever objectives and numbers. Without one, `evaluate` keeps its own for
/// each calling thread.
class workspace : public detail::workspace_memory {};

}  // namespace prefopt
