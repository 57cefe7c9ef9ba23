#pragma once

#include <span>

#include <prefopt/detail/three_means.hpp>
#include <prefopt/host_device.hpp>

namespace prefopt::selections {

/// DynamicPO's boundary negatives (Hu 2026, arXiv 2605.00327; official code, both versions): the rejected items that
/// the policy ranks at or above the preferred one, p_k ≥ p_0; if there is none, the top cluster of a 3-means of the
/// p_k. The clusters are those of an exactly optimal partition, min(3, number of different values) of them, where the
/// code starts scikit-learn's k-means from a fixed seed; equally good partitions: the larger top cluster.
///
/// Never empty, an upper set in p, and the same for p and p + c. Reads the policy's scores, not rewards; a constant to
/// the gradient. O(K) with a violation, otherwise O(K log K); nothing is allocated.
struct boundary {
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto p = row.policy();
    auto preferred = row.preferred(p);
    auto violated = row.any(row.rejected() & (p >= preferred));
    return row.keep(p >= row.per_example(!violated, preferred, smallest_of_top{}, p));
  }

 private:
  struct smallest_of_top {
    template <class Scalar>
    Scalar operator()(std::span<Scalar> values) const {
      return detail::three_means<Scalar>(values).smallest_of_top();
    }
  };
};

}  // namespace prefopt::selections
