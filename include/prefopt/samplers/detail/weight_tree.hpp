#pragma once

#include <bit>
#include <cstddef>
#include <span>
#include <vector>

#include <prefopt/detail/instruction_set.hpp>

/// \file
/// A discrete law from which items can be taken away.

namespace prefopt::detail {

/// A complete binary tree whose inner nodes hold the sum of their two children. A node is always added up
/// afresh and never subtracted from, so a weight of 0 stays exactly 0 however many others were removed.
class weight_tree {
 public:
  explicit weight_tree(std::span<const double> weights)
      : leaves_(std::bit_ceil(weights.size() + (weights.empty() ? 1 : 0))), nodes_(2 * leaves_) {
    for (std::size_t i = 0; i < weights.size(); ++i) nodes_[leaves_ + i] = weights[i];
    for (std::size_t node = leaves_; node-- > 1;) add_up(node);
  }

  double total() const { return nodes_[1]; }

  /// The item at `share` in [0, 1) of the total, in proportion to the weights. Needs total() > 0.
  std::size_t find(double share) const {
    double left_over = share * total();
    std::size_t node = 1;
    while (node < leaves_) {
      const double left = nodes_[2 * node], right = nodes_[2 * node + 1];
      const bool go_right = right > 0 && left_over >= left;  // rounding never leads to a weight of 0
      if (go_right) left_over -= left;
      node = 2 * node + (go_right ? 1 : 0);
    }
    return node - leaves_;
  }

  void remove(std::size_t item) {
    std::size_t node = leaves_ + item;
    nodes_[node] = 0;
    while (node /= 2) add_up(node);
  }

 private:
  void add_up(std::size_t node) { nodes_[node] = nodes_[2 * node] + nodes_[2 * node + 1]; }

  std::size_t leaves_;
  std::vector<double> nodes_;  // the root is node 1, the children of node i are 2 i and 2 i + 1
};

}  // namespace prefopt::detail
