#pragma once

#include <type_traits>

#include <prefopt/column.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>
#include <prefopt/row.hpp>

namespace prefopt::cuda {

/// Every ordered pair of candidates with the logistic cost of i before j, weighted, across the threads of a team. As
/// `detail::logistic_pairs` has them; but each thread takes its own candidates with all others, so that a pair is seen from
/// both ends and nobody writes to another's slopes.
///
///     cost      Σ_{i ≠ j} w_ij softplus(−(r_i − r_j))
///     count     how many pairs have a weight
///     slopes    d cost / d r
///
/// \tparam Rewards a column in registers
template <class Row, class Rewards>
class team_pairs {
 public:
  using T = typename Row::number_type;

  /// \param weights (i, j) → `pair_values{w_ij, w_ji}`, constants
  PREFOPT_UNCHECKED
  template <class Weights>
  PREFOPT_HOST_DEVICE team_pairs(const Row& row, const Rewards& r, const Weights& weights) {
    Rewards costs{}, counts{};
    row.each_pair([&](auto i, auto j) {
      const auto pair = row.are_pair(i, j);
      const auto weight = weights(i, j);
      const T forth = select(pair, weight.first, T(0)), back = select(pair, weight.second, T(0));
      const T lead = i(r) - j(r), decay = exp(minus_abs(lead));
      const mask_t<T> behind = lead < T(0);
      const T cost = select(behind, forth, back) * abs(lead) + (forth + back) * log1p_unit(decay);
      const T larger = reciprocal(1 + decay), smaller = decay * larger;
      const T pull = back * select(behind, smaller, larger) - forth * select(behind, larger, smaller);
      costs.at(i.k) = costs.at(i.k) + cost;
      counts.at(i.k) = counts.at(i.k) + select(forth + back > T(0), T(1), T(0));
      slopes_.at(i.k) = slopes_.at(i.k) + pull;
    });
    cost_ = row.number(0.5) * row.sum(costs);
    count_ = row.number(0.5) * row.sum(counts);
  }

  PREFOPT_ANYWHERE T cost() const { return cost_; }
  PREFOPT_ANYWHERE T count() const { return count_; }
  PREFOPT_ANYWHERE Rewards slopes() const { return slopes_; }

 private:
  T cost_{0}, count_{0};
  Rewards slopes_{};
};

/// For pairs whose grades differ, a weight of 1 for the better candidate to come first.
template <class Grades>
struct better_first {
  Grades grades;

  PREFOPT_ANYWHERE auto operator()(auto i, auto j) const {
    const auto mine = i(grades), theirs = j(grades);
    using number = std::remove_const_t<decltype(mine)>;
    return pair_values<number>{select(mine > theirs, number(1), number(0)),
                               select(theirs > mine, number(1), number(0))};
  }
};
template <class Grades>
better_first(Grades) -> better_first<Grades>;

}  // namespace prefopt::cuda
