#pragma once

#include <cstdint>

#include <prefopt/tensor.hpp>

namespace prefopt::detail {

/// What a batch is to an objective.
struct batch_facts {
  index rows = 0;              ///< B
  index candidates = 0;        ///< N
  index components = 1;        ///< numbers per candidate
  bool graded = false;         ///< `relevance` says what is masked, and which candidate is the preferred one
  bool has_reference = false;  ///< the batch has one, and the objective looks at it
};

/// A batch's numbers per example, [B]; without data where it has none.
template <class Scalar>
struct example_columns {
  matrix_view<const std::int32_t> counts{};
  matrix_view<const Scalar> kl{}, beta{}, weights{}, hardness{}, log_collision{};
};

}  // namespace prefopt::detail
