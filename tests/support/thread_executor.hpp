#pragma once

#include <cstddef>
#include <thread>
#include <vector>

#include <prefopt/executor.hpp>

/// An executor that gives every task a thread of its own: what a race detector wants to see.
inline prefopt::executor one_thread_each(std::size_t tasks) {
  return {.tasks = tasks, .parallel_for = [](std::size_t count, prefopt::executor::body_type body, void*) {
            std::vector<std::thread> threads;
            for (std::size_t task = 0; task < count; ++task) threads.emplace_back([=] { body(task); });
            for (std::thread& thread : threads) thread.join();
          }};
}
