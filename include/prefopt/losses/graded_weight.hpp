#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/row.hpp>

/// \file
/// Pairs of a graded list, as `row.logistic_pairs` weighs them.

namespace prefopt::losses {

/// The weight of a pair for the better of the two to come first; 0 for the other way round, and for equal grades.
/// \param grades a column
/// \param weight of the pair (i, j), whichever is the better
template <class Weight>
PREFOPT_HOST_DEVICE auto better_first(auto i, auto j, const auto& grades, const Weight& weight) {
  auto first = i(grades), second = j(grades);
  return pair_values<Weight>{select(first > second, weight, Weight(0)),
                             select(second > first, weight, Weight(0))};
}

/// How many pairs differ in grade.
PREFOPT_ANYWHERE auto graded_pair_count(auto row, const auto& grades) {
  return row.pair_sum([=](auto i, auto j) {
    auto first = i(grades), second = j(grades);
    return select((first > second) | (second > first), decltype(second)(1), decltype(second)(0));
  });
}

}  // namespace prefopt::losses
