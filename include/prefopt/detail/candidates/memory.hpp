#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <prefopt/batch.hpp>
#include <prefopt/detail/aligned_buffer.hpp>

namespace prefopt::detail {

/// The scratch of one task: scores of one slab of examples, which become their slopes, and one query.
template <class Scalar>
struct candidate_task {
  aligned_buffer<Scalar> scores, reference, query, query_gradient;
  prefopt::workspace workspace;
};

/// A candidate's place in the batch, example after example, and the item that it is.
struct item_place {
  std::int32_t item;
  std::int32_t place;
};

template <class Scalar>
struct candidate_memory {
  std::vector<candidate_task<Scalar>> tasks;
  std::vector<result> slabs;
  aligned_buffer<Scalar> slopes;  ///< [B, N], where rows of the same item are to be added up
  std::vector<item_place> places, sorted;
  aligned_buffer<Scalar> sum;
  aligned_buffer<double> long_sum;

  void prepare(std::size_t task_count, std::size_t slab_count) {
    if (tasks.size() < task_count) tasks.resize(task_count);
    slabs.assign(slab_count, result{});
  }
};

}  // namespace prefopt::detail
