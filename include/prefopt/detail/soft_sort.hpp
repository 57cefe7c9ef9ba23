#pragma once

#include <limits>

#include <prefopt/column.hpp>

namespace prefopt::detail {

struct soft_sort_settings {
  double temperature = 1;
  index sweeps = 50;  ///< at most
  double tolerance = 1e-6;
};

/// A sort with a derivative: NeuralSort (Grover 2019), made doubly stochastic by Sinkhorn's scaling. With n
/// candidates that count, place p = 1 ... n takes of candidate i
///
///     K_pi = softmax_i( ((n + 1 − 2p) c_i − Σ_j |c_i − c_j|) / τ ),   P_pi = u_p K_pi v_i,
///
/// v_i = 1 / Σ_p u_p K_pi and u_p = 1 / Σ_i K_pi v_i in turn, until the columns of P sum to 1 within the tolerance.
///
///     value   Σ_p w_p Σ_i P_pi payoff_i      slopes   its derivatives by c, back through every sweep
///
/// O(sweeps · N²) each, and N² + 2 N · sweeps numbers.
template <class Row>
class soft_sort {
 public:
  using T = typename Row::number_type;
  using mask = mask_t<T>;
  using scalar = scalar_t<T>;

  /// \param keys, payoffs N numbers each
  /// \param weight place from 1 on → w, a plain number
  template <class Weight>
  soft_sort(const Row& row, const T* keys, const T* payoffs, const Weight& weight,
            const soft_sort_settings& how)
      : row_(row),
        c_(keys),
        payoffs_(payoffs),
        how_(how),
        n_(row.candidates()),
        weights_(row.take()),
        odds_(row.template take<T>(n_ * n_)),
        u_(row.template take<T>(n_ * (how.sweeps + 1))),
        v_(row.template take<T>(n_ * (how.sweeps + 1))) {
    for (index p = 0; p < n_; ++p) weights_[p] = T(static_cast<scalar>(weight(p + 1)));
    for (index k = 0; k < n_; ++k) count_ = count_ + select(row.counts(k), T(1), T(0));
    softmax_of_places();
    scale();
  }

  T value() const {
    T total(0);
    const T* const u = u_ + last_ * n_;
    const T* const v = v_ + last_ * n_;
    for (index p = 0; p < n_; ++p) {
      T place(0);
      for (index k = 0; k < n_; ++k) place = place + odds(p)[k] * (v[k] * payoffs_[k]);
      total = total + weights_[p] * u[p] * place;
    }
    return total;
  }

  auto slopes() const {
    T* const by_odds = row_.template take<T>(n_ * n_);
    through_sweeps(by_odds);
    return through_softmax(by_odds);
  }

 private:
  static T lowest() { return T(-std::numeric_limits<scalar>::infinity()); }
  T* odds(index p) const { return odds_ + p * n_; }
  mask is_place(index p) const { return T(static_cast<scalar>(p)) < count_; }
  /// n + 1 − 2p
  T direction(index p) const { return count_ - T(static_cast<scalar>(2 * p + 1)); }
  T per_temperature() const { return T(static_cast<scalar>(1 / how_.temperature)); }
  /// |x|, whose derivative at 0 is 0 for numbers that differentiate.
  static T distance(const T& x) { return max(x, T(0)) + max(-x, T(0)); }

  void softmax_of_places() {
    T* const away = row_.take();  // Σ_j |c_i − c_j|
    for (index i = 0; i < n_; ++i) {
      away[i] = T(0);
      for (index j = 0; j < n_; ++j)
        away[i] = away[i] + select(row_.counts(j), distance(c_[i] - c_[j]), T(0));
    }
    for (index p = 0; p < n_; ++p) {
      T* const row = odds(p);
      T top = lowest(), total(0);
      for (index i = 0; i < n_; ++i) {
        row[i] = (direction(p) * c_[i] - away[i]) * per_temperature();
        top = max(top, select(row_.counts(i), row[i], lowest()));
      }
      top = constant(top);
      for (index i = 0; i < n_; ++i) {
        row[i] = select(both{}(is_place(p), row_.counts(i)), exp(row[i] - top), T(0));
        total = total + row[i];
      }
      const T share = inverse(total);
      for (index i = 0; i < n_; ++i) row[i] = row[i] * share;
    }
  }
  /// 1 / x, or 0.
  static T inverse(const T& x) {
    const mask some = x > T(0);
    return select(some, 1 / select(some, x, T(1)), T(0));
  }

  /// `sweeps_` of each lane, and the factors after each of them.
  void scale() {
    for (index k = 0; k < n_; ++k) {
      u_[k] = select(is_place(k), T(1), T(0));
      v_[k] = T(1);
    }
    sweeps_ = T(static_cast<scalar>(how_.sweeps));
    mask open(true);
    for (last_ = 0; last_ < how_.sweeps && any(open);) {
      sweep(open);
      ++last_;
      const mask done = open & (column_error() < T(static_cast<scalar>(how_.tolerance)));
      sweeps_ = select(done, T(static_cast<scalar>(last_)), sweeps_);
      open = open & !done;
    }
  }
  /// From the factors at `last_` to the next ones.
  void sweep(const mask& open) {
    const T* const u = u_ + last_ * n_;
    const T* const v = v_ + last_ * n_;
    T* const next_u = u_ + (last_ + 1) * n_;
    T* const next_v = v_ + (last_ + 1) * n_;
    for (index k = 0; k < n_; ++k) next_v[k] = select(open, inverse(column_sum(u, k)), v[k]);
    for (index p = 0; p < n_; ++p) {
      T total(0);
      for (index k = 0; k < n_; ++k) total = total + odds(p)[k] * next_v[k];
      next_u[p] = select(open, inverse(total), u[p]);
    }
  }
  T column_sum(const T* u, index k) const {
    T total(0);
    for (index p = 0; p < n_; ++p) total = total + u[p] * odds(p)[k];
    return total;
  }
  T column_error() const {
    T worst(0);
    for (index k = 0; k < n_; ++k)
      worst = max(worst,
                  select(row_.counts(k), abs(v_[last_ * n_ + k] * column_sum(u_ + last_ * n_, k) - 1), T(0)));
    return worst;
  }

  /// d value / d K. A bar is a derivative: ū_p = Σ ..., from the last sweep to the first.
  void through_sweeps(T* by_odds) const {
    T* const by_u = row_.take();
    T* const by_v = row_.take();
    const T* u = u_ + last_ * n_;
    const T* v = v_ + last_ * n_;
    for (index k = 0; k < n_; ++k) by_v[k] = T(0);
    for (index p = 0; p < n_; ++p) {
      by_u[p] = T(0);
      for (index k = 0; k < n_; ++k) {
        const T pay = weights_[p] * payoffs_[k];
        by_u[p] = by_u[p] + pay * odds(p)[k] * v[k];
        by_v[k] = by_v[k] + pay * odds(p)[k] * u[p];
        by_odds[p * n_ + k] = pay * u[p] * v[k];
      }
    }
    for (index t = last_; t > 0; --t) {
      const mask open = T(static_cast<scalar>(t)) <= sweeps_;
      u = u_ + t * n_;
      v = v_ + t * n_;
      const T* const u_before = u - n_;
      for (index p = 0; p < n_; ++p) {  // u = 1 / Σ K v
        const T pull = -by_u[p] * u[p] * u[p];
        for (index k = 0; k < n_; ++k) {
          by_odds[p * n_ + k] = by_odds[p * n_ + k] + select(open, pull * v[k], T(0));
          by_v[k] = by_v[k] + select(open, pull * odds(p)[k], T(0));
        }
      }
      for (index p = 0; p < n_; ++p) by_u[p] = select(open, T(0), by_u[p]);
      for (index k = 0; k < n_; ++k) {  // v = 1 / Σ u K
        const T pull = -by_v[k] * v[k] * v[k];
        for (index p = 0; p < n_; ++p) {
          by_odds[p * n_ + k] = by_odds[p * n_ + k] + select(open, pull * u_before[p], T(0));
          by_u[p] = by_u[p] + select(open, pull * odds(p)[k], T(0));
        }
        by_v[k] = select(open, T(0), by_v[k]);
      }
    }
  }

  auto through_softmax(const T* by_odds) const {
    T* const slopes = row_.take();
    T* const by_away = row_.take();
    for (index k = 0; k < n_; ++k) slopes[k] = by_away[k] = T(0);
    for (index p = 0; p < n_; ++p) {
      T mean(0);
      for (index k = 0; k < n_; ++k) mean = mean + by_odds[p * n_ + k] * odds(p)[k];
      for (index k = 0; k < n_; ++k) {
        const T by_key = odds(p)[k] * (by_odds[p * n_ + k] - mean) * per_temperature();
        slopes[k] = slopes[k] + direction(p) * by_key;
        by_away[k] = by_away[k] - by_key;
      }
    }
    for (index i = 0; i + 1 < n_; ++i)
      for (index j = i + 1; j < n_; ++j) {
        const T apart = by_away[i] + by_away[j];
        const T pull = select(c_[i] > c_[j], apart, select(c_[i] < c_[j], -apart, T(0)));
        const T counted = select(both{}(row_.counts(i), row_.counts(j)), pull, T(0));
        slopes[i] = slopes[i] + counted;
        slopes[j] = slopes[j] - counted;
      }
    return Row::stored(slopes);
  }

  Row row_;
  const T* c_;
  const T* payoffs_;
  soft_sort_settings how_;
  index n_;
  T* weights_;
  T* odds_;
  T* u_;
  T* v_;
  T count_{0}, sweeps_{0};
  index last_ = 0;
};

}  // namespace prefopt::detail
