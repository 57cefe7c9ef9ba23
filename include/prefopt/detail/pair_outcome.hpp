#pragma once

#include <prefopt/row.hpp>

namespace prefopt::detail {

/// Two items, and what happened between them: whichever has the larger `relevance` has won, equal relevance is a tie.
template <class Number, class Mask>
struct pair_outcome {
  Number margin;   ///< r_0 − r_1
  Mask won, lost;  ///< item 0 has
};

auto outcome_of(auto row) {
  const auto lead = [&](const auto& column) {
    return row.preferred(column) - row.sum(column, row.rejected());
  };
  const auto margin = lead(row.rewards());
  const auto grades = lead(row.relevance());
  const auto won = grades > row.number(0), lost = grades < row.number(0);
  return pair_outcome<decltype(margin), decltype(won)>{margin, won, lost};
}

}  // namespace prefopt::detail
