#pragma once

#include <type_traits>
#include <vector>

#include <prefopt/numeric/doubled.hpp>
#include <prefopt/row.hpp>

namespace prefopt {
namespace detail {

/// The number that differentiates a loss without a closed-form gradient: a few directions at a time.
template <class T>
using default_differentiator = dual<T, 4>;

/// What rows of T live in.
template <class T>
struct row_scratch {
  scratch<T> numbers;
  scratch<mask_t<T>> masks;
  scratch<scalar_t<T>> plain;

  void restart() {
    numbers.restart();
    masks.restart();
    plain.restart();
  }
  void settle() {
    numbers.settle();
    masks.settle();
    plain.settle();
  }
};

/// The number of dense tiles.
template <class T>
struct dense_number {
  using type = T;
};
template <class Scalar, int Width>
  requires(Width > 1)
struct dense_number<pack<Scalar, Width>> {
  using type = doubled<pack<Scalar, Width>>;
};

/// The scratch of one task.
template <class T, class Differentiator = default_differentiator<T>>
struct task_memory : row_scratch<T> {
  scratch<Differentiator> lifted;
  row_scratch<typename dense_number<T>::type> dense;

  /// After a call: the next one finds memory of the right size.
  void settle() {
    row_scratch<T>::settle();
    lifted.settle();
    dense.settle();
  }
};

/// Sums over one chunk of examples. Chunks are added in their order, so that no thread count changes a
/// result.
struct chunk_sums {
  double loss = 0, chosen = 0, rejected = 0, hardest = 0, accurate = 0, beta = 0;
  index examples = 0, skipped = 0;
  index bad_row = -1, bad_column = -1;  ///< the first score that is not finite

  void add(const chunk_sums& other) {
    loss += other.loss;
    chosen += other.chosen;
    rejected += other.rejected;
    hardest += other.hardest;
    accurate += other.accurate;
    beta += other.beta;
    examples += other.examples;
    skipped += other.skipped;
    if (bad_row < 0) bad_row = other.bad_row, bad_column = other.bad_column;
  }
};

template <class T, class Differentiator = default_differentiator<T>>
struct workspace_memory {
  std::vector<task_memory<T, Differentiator>> tasks;
  std::vector<chunk_sums> chunks;
  std::vector<double> observed, decided;

  void prepare(std::size_t task_count, std::size_t chunk_count) {
    if (tasks.size() < task_count) tasks.resize(task_count);
    chunks.assign(chunk_count, chunk_sums{});
  }
};

}  // namespace detail

/// Memory that `evaluate` reuses from call to call: it grows with the first calls and allocates nothing
/// afterwards. One at a time may use it. Without one, `evaluate` keeps its own for each calling thread.
template <class Scalar>
class workspace : public detail::workspace_memory<native_pack<Scalar>> {};

}  // namespace prefopt
