#pragma once

#include <prefopt/detail/instruction_set.hpp>

namespace prefopt::detail {

/// Count, mean and sum of squared deviations, without the cancellation of Σ x² (Chan, Golub & LeVeque 1983).
struct running_moments {
  double count = 0, mean = 0, squares = 0;

  void add(const running_moments& other) {
    if (other.count == 0) return;
    const double total = count + other.count, apart = other.mean - mean;
    squares += other.squares + apart * apart * count * other.count / total;
    mean += apart * other.count / total;
    count = total;
  }
  void add(double x) { add(running_moments{1, x, 0}); }
};

struct diagnostic_sums {
  double rows = 0, selected = 0;  ///< Σ over rows of the share of rejected items selected
  running_moments beta;           ///< over rows, or over pairs
  double mass = 0, easy = 0,
         marked = 0;  ///< Σ |d loss / d policy| over rejected items, easy ones, marked ones

  void add(const diagnostic_sums& other) {
    rows += other.rows;
    selected += other.selected;
    beta.add(other.beta);
    mass += other.mass;
    easy += other.easy;
    marked += other.marked;
  }
};

}  // namespace prefopt::detail
