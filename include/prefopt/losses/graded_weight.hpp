#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/row.hpp>

/// \file
/// Pairs of a graded list, as `row.logistic_pairs` weighs them.

namespace prefopt::losses {

/// The weight of a pair for the better of the two to come first; 0 for the other way round, and for equal grades.
/// \param grades a column
/// \param weight of the pair (i, j), whichever is the better
PREFOPT_UNCHECKED
template <class Weight>
PREFOPT_HOST_DEVICE auto better_first(auto i, auto j, const auto& grades, const Weight& weight) {
  auto first = i(grades), second = j(grades);
  return pair_values<Weight>{select(first > second, weight, Weight(0)),
                             select(second > first, weight, Weight(0))};
}

/// How many pairs differ in grade.
PREFOPT_ANYWHERE auto graded_pair_count(auto row, const auto& grades) {
  auto one = row.number(1), none = row.number(0);
  return row.pair_sum([=](auto i, auto j) {
    auto first = i(grades), second = j(grades);
    return select((first > second) | (second > first), one, none);
  });
}

}  // namespace prefopt::losses
