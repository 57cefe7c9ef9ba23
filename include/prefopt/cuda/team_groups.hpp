#pragma once

#include <prefopt/column.hpp>
#include <prefopt/detail/ordered_groups.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

namespace prefopt::cuda {

/// Plackett–Luce over groups of candidates in an order, across the threads of a team: the sums and integrals of
/// `detail::ordered_groups`. Teams that run along on rows of fewer groups add nothing in the meantime.
/// \tparam Numbers a column in registers
template <class Row, class Numbers>
class team_groups {
 public:
  using T = typename Row::number_type;
  using mask = mask_t<T>;

  /// \param r, grades the higher the grade, the earlier the group
  PREFOPT_UNCHECKED
  PREFOPT_HOST_DEVICE team_groups(const Row& row, const Numbers& r, const Numbers& grades)
      : row_(row), r_(r), y_(grades) {
    T grade = highest_below(T(prefopt::detail::infinity));
    for (;;) {
      const T next = highest_below(grade);
      const mask open = next > nothing();
      if (!row_.anywhere(open)) break;
      add_group(grade, open);
      grade = next;
    }
  }

  PREFOPT_ANYWHERE T cost() const { return cost_; }
  PREFOPT_ANYWHERE Numbers slopes() const { return slopes_; }

 private:
  static PREFOPT_HOST_DEVICE T nothing() { return T(-prefopt::detail::infinity); }

  /// −inf where there is none.
  PREFOPT_HOST_DEVICE T highest_below(const T& bound) const {
    return row_.max(select(y_ < bound, y_, nothing()));
  }

  /// \param open whether there is something below the group
  PREFOPT_UNCHECKED
  PREFOPT_HOST_DEVICE void add_group(const T& grade, const mask& open) {
    const auto below = y_ < grade;
    const auto belongs = (y_ <= grade) & (y_ >= grade);
    const T top = select(open, row_.max(select(below, r_, nothing())), T(0));
    const auto weights = row_.keep(select(below, exp(r_ - top), T(0)));
    const T total = select(open, row_.sum(weights), T(1));
    const Numbers lead = row_.keep(select(belongs, r_ - (top + log(total)), T(0)));
    const T size = row_.sum(select(belongs, T(1), T(0))), only = row_.sum(lead);
    const mask several = open & (size > T(1));

    Numbers pull{};
    const T cost = row_.anywhere(several) ? integrate(belongs, lead, pull) : T(0);
    cost_ = cost_ + select(open, select(several, cost, softplus(-only)), T(0));
    const T of_one = sigmoid(-only);
    pull = row_.keep(select(open & belongs, select(several, pull, of_one), T(0)));
    const T share = row_.sum(pull) / total;
    slopes_ = row_.keep(slopes_ - pull + select(open, share, T(0)) * weights);
  }

  /// −log of the integral; `pull` becomes the mean of h.
  PREFOPT_UNCHECKED
  PREFOPT_HOST_DEVICE T integrate(const auto& belongs, const Numbers& lead, Numbers& pull) const {
    using scalar = scalar_t<T>;
    const prefopt::detail::arrival_nodes<scalar, scalar> rule(row_.candidates());
    T top = nothing(), total(0);
    for (index t = 1; t <= rule.count; ++t) {
      const scalar s = rule.place(t);
      const auto z = lead + T(s);
      const auto early = z < T(-30);  // where 1 − e^−y is y
      const auto y = row_.keep(exp(select(z < T(50), z, T(50))));
      const auto arrived = row_.keep(-expm1(-y));
      const auto log_arrived = select(early, z - y * T(scalar(0.5)), log(arrived));
      const T term = T(rule.log_weight(s)) + row_.sum(select(belongs, log_arrived, T(0)));
      const T larger = max(top, term), kept = exp(top - larger), added = exp(term - larger);
      total = total * kept + added;
      top = larger;
      pull = row_.keep(pull * kept + added * select(early, T(1), y * (1 - arrived) / arrived));
    }
    pull = row_.keep(pull * reciprocal(total));
    return -(top + log(total));
  }

  Row row_;
  Numbers r_, y_, slopes_{};
  T cost_{0};
};

}  // namespace prefopt::cuda
