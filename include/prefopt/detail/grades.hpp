#pragma once

#include <limits>

#include <prefopt/numeric.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::detail {

/// The `relevance` that masks a candidate of a graded list.
inline constexpr int masked_grade = -1;

/// Marks the preferred candidate of a graded list: the first, among those that count, of the highest grade.
template <class Row>
void mark_highest_grade(const Row& row, typename Row::mask_type* preferred) {
  using T = typename Row::number_type;
  const auto grades = row.relevance();
  T highest(-std::numeric_limits<scalar_t<T>>::infinity());
  for (index k = 0; k < row.candidates(); ++k)
    highest = max(highest, select(row.valid(k), grades.at(k), highest));
  typename Row::mask_type open(true);
  for (index k = 0; k < row.candidates(); ++k) {
    preferred[k] = open & (grades.at(k) == highest) & typename Row::mask_type(row.valid(k));
    open = open & !preferred[k];
  }
}

}  // namespace prefopt::detail
