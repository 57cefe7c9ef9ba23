#pragma once

#include <cstddef>
#include <cstdint>

#include <Eigen/Core>

/// \file
/// What prefopt and its peers are timed on: row-major [rows, columns] floats, column 0 preferred.

namespace bench {

/// One batch, as a call sees it.
struct loss_batch {
  const float* policy = nullptr;
  const float* reference = nullptr;
  const std::int32_t* order = nullptr;  ///< column indices, best first
  const float* relevance = nullptr;     ///< graded labels
  float* gradient = nullptr;            ///< written
  std::size_t rows = 0, columns = 0;

  std::size_t size() const { return rows * columns; }
};

/// Writes the mean gradient and returns the mean loss.
using loss_call = float(const loss_batch& batch);

/// Which items of a list are relevant, and how much.
enum class relevance { one, distinct };

/// Owns a random batch; every page of it has been touched.
class loss_data {
 public:
  loss_data(std::size_t rows, std::size_t columns, relevance labels = relevance::distinct);

  loss_batch batch() {
    return {.policy = policy_.data(),
            .reference = reference_.data(),
            .order = order_.data(),
            .relevance = relevance_.data(),
            .gradient = gradient_.data(),
            .rows = static_cast<std::size_t>(policy_.rows()),
            .columns = static_cast<std::size_t>(policy_.cols())};
  }

 private:
  template <class Scalar>
  using matrix = Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  matrix<float> policy_, reference_, relevance_, gradient_;
  matrix<std::int32_t> order_;
};

}  // namespace bench
