#pragma once

#include <cstddef>

#include <prefopt/detail/full_softmax/layout.hpp>
#include <prefopt/detail/full_softmax/memory.hpp>
#include <prefopt/detail/task_count.hpp>
#include <prefopt/executor.hpp>

namespace prefopt::detail {

/// Hands the chunks of the catalogue out to tasks, and takes their results in order, so that no executor
/// changes a bit of a sum.
template <class Scalar>
class chunk_walk {
 public:
  using task = full_softmax_task<Scalar>;
  using part = full_softmax_part<Scalar>;

  chunk_walk(index items, index chunk, const executor& executor, bool worth_sharing,
             full_softmax_memory<Scalar>& memory)
      : items_(items),
        chunk_(chunk),
        chunks_(static_cast<std::size_t>((items + chunk - 1) / chunk)),
        tasks_(task_count(executor, chunks_, worth_sharing)),
        executor_(executor),
        memory_(memory) {
    memory.prepare(tasks_, tasks_ > 1 ? chunks_ : 1);
  }

  /// `work(first item, last item, task, part)` fills a part, for every chunk and on any thread;
  /// `collect(part)` follows, chunk after chunk, on this one.
  template <class Work, class Collect>
  void run(const Work& work, const Collect& collect) const {
    if (tasks_ == 1) return run_here(work, collect);
    const auto run_task = [&](std::size_t task) {
      const std::size_t end = chunks_ * (task + 1) / tasks_;
      for (std::size_t chunk = chunks_ * task / tasks_; chunk < end; ++chunk)
        run_chunk(work, chunk, memory_.tasks[task], memory_.parts[chunk]);
    };
    executor_.run(tasks_, run_task);
    for (std::size_t chunk = 0; chunk < chunks_; ++chunk) collect(memory_.parts[chunk]);
  }

 private:
  /// One part does for all chunks.
  template <class Work, class Collect>
  void run_here(const Work& work, const Collect& collect) const {
    for (std::size_t chunk = 0; chunk < chunks_; ++chunk) {
      run_chunk(work, chunk, memory_.tasks[0], memory_.parts[0]);
      collect(memory_.parts[0]);
    }
  }
  template <class Work>
  void run_chunk(const Work& work, std::size_t chunk, task& task, part& part) const {
    const index first = static_cast<index>(chunk) * chunk_;
    work(first, smaller(first + chunk_, items_), task, part);
  }

  index items_, chunk_;
  std::size_t chunks_, tasks_;
  const executor& executor_;
  full_softmax_memory<Scalar>& memory_;
};

}  // namespace prefopt::detail
