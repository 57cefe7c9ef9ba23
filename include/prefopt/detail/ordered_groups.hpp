#pragma once

#include <limits>

#include <prefopt/column.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::detail {

/// The nodes s = −depth + c √t, t = 1, 2, ...: close enough where e^s matters fully, and the farther apart the less it
/// does. A group of n is smooth at a scale of 1/√n only. The rule depends on N alone.
/// \tparam Scalar what the integrals are computed in, \tparam Number what the rule is
template <class Scalar, class Number = double>
struct arrival_nodes {
  Number depth = -prefopt::log(static_cast<Number>(std::numeric_limits<Scalar>::epsilon())) + 1;
  Number n, c;
  index count;

  PREFOPT_ANYWHERE explicit arrival_nodes(index candidates) : n(static_cast<Number>(candidates)) {
    const Number smoothness = Number(9.8696) / depth, peak = Number(0.8) / prefopt::sqrt(n);
    c = prefopt::sqrt(2 * depth * (smoothness < peak ? smoothness : peak));
    // No group of n arrives later.
    const Number last = prefopt::log(n + 9 * prefopt::sqrt(n) + depth + 4);
    count = 1 + static_cast<index>((last + depth) * (last + depth) / (c * c));
  }
  PREFOPT_ANYWHERE Number place(index t) const { return -depth + c * prefopt::sqrt(static_cast<Number>(t)); }
  /// log of the rule's weight times e^{s − e^s}
  PREFOPT_ANYWHERE Number log_weight(Number s) const {
    return prefopt::log(c * c / (2 * (s + depth))) + s - prefopt::exp(s);
  }
};

/// Plackett–Luce over groups of candidates in an order, with nothing known about the order inside a group: all of a group
/// come before all below it. With λ the log of the weights' sum below, and a_i = r_i − λ, a group costs
///
///     −log ∫ Π_{i in the group} (1 − exp(−e^{a_i + s})) e^{s − e^s} ds
///
/// (the arrival times of Plackett–Luce's exponential race: e^s is when the first candidate from below arrives). The
/// integrand is smooth at a scale of π/2 in s, whatever the rewards, so the trapezoidal rule converges to full precision;
/// its nodes thin out where e^s is small. Slopes: the mean of −h(a_i + s), h(z) = e^z / (exp(e^z) − 1), under the integrand,
/// for the group, and the opposite of their sum, shared by weight, for all below.
template <class Row>
class ordered_groups {
 public:
  using T = typename Row::number_type;
  using mask = mask_t<T>;
  using scalar = scalar_t<T>;

  /// \param rewards, grades N numbers each; the higher the grade, the earlier the group
  ordered_groups(const Row& row, const T* rewards, const T* grades)
      : row_(row), r_(rewards), y_(grades), slopes_(row.take()), lead_(row.take()), pull_(row.take()) {
    for (index k = 0; k < n(); ++k) slopes_[k] = T(0);
    T grade = highest_below(T(std::numeric_limits<scalar>::infinity()));
    for (;;) {
      const T next = highest_below(grade);
      const mask open = next > lowest();
      if (!any(open)) break;
      add_group(grade, open);
      grade = next;
    }
  }

  T cost() const { return cost_; }
  auto slopes() const { return Row::stored(slopes_); }

 private:
  static T lowest() { return T(-std::numeric_limits<scalar>::infinity()); }
  index n() const { return row_.candidates(); }
  mask belongs(index k, const T& grade) const { return both{}(row_.counts(k), y_[k] == grade); }
  mask below(index k, const T& grade) const { return both{}(row_.counts(k), y_[k] < grade); }

  /// −inf where there is none.
  T highest_below(const T& bound) const {
    T highest = lowest();
    for (index k = 0; k < n(); ++k) highest = max(highest, select(below(k, bound), y_[k], lowest()));
    return highest;
  }

  /// \param open where there is something below the group
  void add_group(const T& grade, const mask& open) {
    T top = lowest(), total(0), size(0), only(0);
    for (index k = 0; k < n(); ++k) top = max(top, select(below(k, grade), r_[k], lowest()));
    top = select(open, constant(top), T(0));
    for (index k = 0; k < n(); ++k) total = total + select(below(k, grade), exp(r_[k] - top), T(0));
    total = select(open, total, T(1));
    const T log_total = top + log(total);
    for (index k = 0; k < n(); ++k) {
      const mask member = belongs(k, grade);
      lead_[k] = select(member, r_[k] - log_total, T(0));
      size = size + select(member, T(1), T(0));
      only = only + lead_[k];
      pull_[k] = T(0);
    }
    const mask several = open & (size > T(1));
    const T cost = any(several) ? integrate(grade) : T(0);
    cost_ = cost_ + select(open, select(several, cost, softplus(-only)), T(0));

    const T of_one = sigmoid(-only);
    T all(0);
    for (index k = 0; k < n(); ++k) {
      pull_[k] = select(open & belongs(k, grade), select(several, pull_[k], of_one), T(0));
      all = all + pull_[k];
    }
    const T share = all / total;
    for (index k = 0; k < n(); ++k)
      slopes_[k] = slopes_[k] - pull_[k] + select(open & below(k, grade), share * exp(r_[k] - top), T(0));
  }

  /// −log of the integral; `pull_` becomes the mean of h.
  T integrate(const T& grade) {
    if (h_ == nullptr) h_ = row_.take();
    const arrival_nodes<scalar> rule(n());
    T top = lowest(), total(0);
    for (index t = 1; t <= rule.count; ++t) {
      const double s = rule.place(t);
      const T term =
          T(static_cast<scalar>(rule.log_weight(s))) + log_arrived(grade, T(static_cast<scalar>(s)));
      const T larger = max(top, term), kept = exp(top - larger), added = exp(term - larger);
      total = total * kept + added;
      top = larger;
      for (index k = 0; k < n(); ++k) pull_[k] = pull_[k] * kept + h_[k] * added;
    }
    const T inverse = reciprocal(total);
    for (index k = 0; k < n(); ++k) pull_[k] = pull_[k] * inverse;
    return -(top + log(total));
  }
  /// Σ log(1 − exp(−e^z)) over the group, z = a_i + s; `h_` becomes h(z).
  T log_arrived(const T& grade, const T& s) {
    T sum(0);
    for (index k = 0; k < n(); ++k) {
      const mask member = belongs(k, grade);
      const T z = lead_[k] + s, y = exp(min(z, T(50)));
      const auto early = z < T(-30);  // where 1 − e^−y is y
      const T arrived = -expm1(-y);
      sum = sum + select(member, select(early, z - y * T(scalar(0.5)), log(arrived)), T(0));
      h_[k] = select(early, T(1), y * (1 - arrived) / arrived);
    }
    return sum;
  }

  Row row_;
  const T* r_;
  const T* y_;
  T* slopes_;
  T* lead_;
  T* pull_;
  T* h_ = nullptr;
  T cost_{0};
};

}  // namespace prefopt::detail
