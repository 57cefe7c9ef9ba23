#pragma once

#include <cstddef>

#include <omp.h>

#include <prefopt/error.hpp>
#include <prefopt/executor.hpp>

/// \file
/// OpenMP as an executor. Link `prefopt::openmp`, or compile with `-fopenmp`.

namespace prefopt {

/// Cuts a call into `threads` pieces, one for each thread of an OpenMP team, the caller's among them.
///
///     prefopt::evaluate(objective, batch, gradient, {.executor = prefopt::openmp(8)});
///
/// Throws `invalid_argument` if `threads` < 1. Inside a parallel region of the caller's, where OpenMP does
/// not nest by default, the pieces run one after the other.
inline executor openmp(int threads = omp_get_max_threads()) {
  detail::require(threads >= 1, "openmp", "threads is ", threads, ", expected at least 1");
  return {.tasks = static_cast<std::size_t>(threads),
          .parallel_for = [](std::size_t tasks, executor::body_type body, void*) {
            const int team = static_cast<int>(tasks);  // a call brings no more tasks than it was offered
#pragma omp parallel for schedule(static, 1) num_threads(team)
            for (std::size_t task = 0; task < tasks; ++task) body(task);
          }};
}

}  // namespace prefopt
