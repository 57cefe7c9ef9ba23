#pragma once

#include <atomic>
#include <exception>
#include <thread>
#include <vector>

#include "matrix.hpp"

namespace sasrec {

/// Runs `body(task)` for every task in [0, tasks), on up to `threads` threads, the caller's among them; any
/// thread may run any task. Returns when all are done; what a task throws is thrown again here (if several
/// throw, one of them). Starting a thread costs some 20 microseconds: a task should be worth more than that.
template <class Body>
void parallel_for(Index tasks, int threads, const Body& body) {
  std::atomic<Index> next = 0;
  std::atomic<bool> failed = false;
  std::exception_ptr failure;
  const auto work = [&] {
    for (Index task = next++; task < tasks && !failed; task = next++) {
      try {
        body(task);
      } catch (...) {
        if (!failed.exchange(true)) failure = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (Index helper = 1; helper < threads && helper < tasks; ++helper) helpers.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace sasrec
