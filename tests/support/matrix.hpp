#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include <prefopt/tensor.hpp>

/// \file
/// A dense matrix, and random ones.

namespace test {

using prefopt::index;

/// Row-major.
template <class Scalar>
class matrix {
 public:
  matrix(index rows, index columns, Scalar value = 0)
      : rows_(rows), columns_(columns), values_(static_cast<std::size_t>(rows * columns), value) {}
  matrix(std::initializer_list<std::initializer_list<Scalar>> rows)
      : rows_(static_cast<index>(rows.size())), columns_(static_cast<index>(rows.begin()->size())) {
    for (const auto& row : rows) values_.insert(values_.end(), row);
  }

  index rows() const { return rows_; }
  index columns() const { return columns_; }
  Scalar& operator()(index i, index j = 0) { return values_[static_cast<std::size_t>(i * columns_ + j)]; }
  const Scalar& operator()(index i, index j = 0) const {
    return values_[static_cast<std::size_t>(i * columns_ + j)];
  }
  std::vector<Scalar>& values() { return values_; }
  const std::vector<Scalar>& values() const { return values_; }
  bool operator==(const matrix&) const = default;

 private:
  index rows_, columns_;
  std::vector<Scalar> values_;
};

/// [n, 1]
template <class Scalar>
matrix<Scalar> column(std::initializer_list<Scalar> values) {
  matrix<Scalar> tensor(static_cast<index>(values.size()), 1);
  tensor.values() = values;
  return tensor;
}

/// Scores around 0 with a standard deviation of `scale`.
template <class Scalar>
matrix<Scalar> random_scores(index rows, index columns, double scale, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal(0, scale);
  matrix<Scalar> scores(rows, columns);
  for (Scalar& value : scores.values()) value = static_cast<Scalar>(normal(generator));
  return scores;
}

}  // namespace test

template <class Scalar>
struct prefopt::tensor_traits<test::matrix<Scalar>> {
  static matrix_view<Scalar> view(test::matrix<Scalar>& m) {
    return {m.values().data(), m.rows(), m.columns(), m.columns(), 1};
  }
  static matrix_view<const Scalar> view(const test::matrix<Scalar>& m) {
    return {m.values().data(), m.rows(), m.columns(), m.columns(), 1};
  }
};
