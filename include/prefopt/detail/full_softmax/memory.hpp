#pragma once

#include <cstddef>
#include <vector>

#include <prefopt/detail/aligned_buffer.hpp>

namespace prefopt::detail {

/// The scratch of one task: a block of items, one panel of scores, and the gradients that come of them.
template <class Scalar>
struct full_softmax_task {
  aligned_buffer<Scalar> items, scores, item_gradient, query_gradient;
};

/// What a chunk of the catalogue leaves behind, until it is added to the rest.
template <class Scalar>
struct full_softmax_part {
  aligned_buffer<Scalar> tops;        ///< [examples] largest score, the target's left out
  aligned_buffer<double> sums;        ///< [examples] Σ e^(score − top), the target's left out
  aligned_buffer<double> query_sums;  ///< [examples, d], as the panels of a `query_group`
  index broken_block = -1;            ///< first item of the first block that is not finite
};

/// What is known about the examples of a group.
template <class Scalar>
struct full_softmax_examples {
  aligned_buffer<Scalar> target_scores;
  aligned_buffer<Scalar> tops;           ///< largest scores
  aligned_buffer<Scalar> factors;        ///< what makes e^(score − top) the slope of the score
  aligned_buffer<Scalar> target_slopes;  ///< that of the target's own score
};

template <class Scalar>
struct full_softmax_memory {
  std::vector<full_softmax_task<Scalar>> tasks;
  std::vector<full_softmax_part<Scalar>> parts;
  full_softmax_part<Scalar> total;
  full_softmax_examples<Scalar> examples;
  aligned_buffer<Scalar> query_columns, query_rows;

  void prepare(std::size_t task_count, std::size_t part_count) {
    if (tasks.size() < task_count) tasks.resize(task_count);
    if (parts.size() < part_count) parts.resize(part_count);
  }
};

}  // namespace prefopt::detail
