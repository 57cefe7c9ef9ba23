#pragma once

#include <limits>

#include <prefopt/column.hpp>
#include <prefopt/numeric/log1p_sum.hpp>

namespace prefopt::detail {

/// A running sum of many terms that keeps its digits: short runs are added up plainly, and their sums with what
/// rounding took from them (Kahan 1965), so that a term waits for one addition alone.
template <class T>
class running_sum {
 public:
  void add(T x) {
    run_ = run_ + x;
    if (--room_ == 0) end_run();
  }
  T value() const { return sum_ + run_; }

 private:
  static constexpr int run_length = 32;

  void end_run() {
    const T y = run_ - lost_, sum = sum_ + y;
    lost_ = (sum - sum_) - y;
    sum_ = sum;
    run_ = T(0);
    room_ = run_length;
  }

  T run_{0}, sum_{0}, lost_{0};
  int room_ = run_length;
};

/// Successive choices (Plackett–Luce) over a row whose candidates stand best first: choice j picks candidate j out of
/// itself and all behind it, with probability e^{r_j} / S_j, S_j = Σ_{i ≥ j} e^{r_i}.
///
///     cost      Σ_{j observed} log(1 + x_j),   x_j = S_{j+1} / e^{r_j}: the odds against j
///     slopes_i  Σ_{j < i, observed} e^{r_i} / S_j  −  [i observed] x_i / (1 + x_i)
///
/// Two scans, O(N). In this form nothing cancels: a list in perfect order costs almost nothing, to full precision. One
/// exponential per candidate and one logarithm per list, unless the rewards of a row lie so far apart that the
/// exponentials would leave the range of the numbers; then every sum is kept relative to its largest term.
template <class Row, class Where>
class stages {
 public:
  using T = typename Row::number_type;

  stages(const Row& row, const T* rewards, const Where& observed)
      : row_(row), r_(rewards), observed_(observed) {
    T top = lowest(), bottom = -lowest();
    for (index k = 0; k < row_.candidates(); ++k) {
      top = max(top, select(row_.counts(k), r_[k], top));
      bottom = min(bottom, select(row_.counts(k), r_[k], bottom));
    }
    close_ = !any(top - bottom >= T(largest_spread()));  // a row with NaN leaves its neighbours alone
    if (close_)
      scan_close(constant(top));
    else
      scan_far();
  }

  T cost() const { return cost_; }

  auto slopes() const {
    T* slopes = row_.take();
    if (close_)
      close_slopes(slopes);
    else
      far_slopes(slopes);
    return Row::stored(slopes);
  }

 private:
  static T lowest() { return T(-std::numeric_limits<scalar_t<T>>::infinity()); }
  /// e^±spread and sums of N of them stay normal numbers.
  static constexpr auto largest_spread() {
    using scalar = scalar_t<T>;
    return static_cast<scalar>(std::numeric_limits<scalar>::max_exponent) / 2;
  }

  /// weights_k = e^{r_k − top}, odds_k = x_k.
  void scan_close(const T& top) {
    T* const weights = row_.take();
    T* const inverses = row_.take();
    T* const odds = row_.take();
    running_sum<T> behind;
    log1p_sum<T> logs;
    int room = log1p_sum<T>::capacity;
    for (index k = row_.candidates(); k-- > 0;) {
      row_.memory().ahead.template fetch<T>(k, 1);
      const auto counts = row_.counts(k);
      weights[k] = select(counts, exp(r_[k] - top), T(1));
      inverses[k] = reciprocal(weights[k]);
      odds[k] = behind.value() * inverses[k];
      behind.add(select(counts, weights[k], T(0)));
      logs.add_large(select(both{}(counts, observed_.at(k)), odds[k], T(0)));
      if (--room == 0) {
        logs.flush();
        room = log1p_sum<T>::capacity;
      }
    }
    weights_ = weights;
    inverses_ = inverses;
    odds_ = odds;
    cost_ = logs.value();
  }
  void close_slopes(T* slopes) const {
    running_sum<T> before;  // Σ 1 / S_j over the observed choices before this one
    for (index k = 0; k < row_.candidates(); ++k) {
      const auto counts = both{}(row_.counts(k), observed_.at(k));
      const T chosen = reciprocal(1 + odds_[k]);  // e^{r_k} / S_k
      slopes[k] = weights_[k] * before.value() - select(counts, odds_[k] * chosen, T(0));
      before.add(select(counts, chosen * inverses_[k], T(0)));
    }
  }

  /// S_{k+1} = weights_k e^{tops_k}: tops_k is the largest reward behind k.
  void scan_far() {
    T* const weights = row_.take();
    T* const tops = row_.take();
    T weight(0), top = lowest();
    cost_ = T(0);
    for (index k = row_.candidates(); k-- > 0;) {
      const auto counts = row_.counts(k);
      weights[k] = weight;
      tops[k] = top;
      const T r = select(counts, r_[k], T(0)), larger = max(top, r), lead = top - r;
      const T against = select(lead > T(0), lead, T(0)) + log_of_one_plus(weight, lead);
      cost_ = cost_ + select(both{}(counts, observed_.at(k)), against, T(0));
      weight = select(counts, weight * exp(top - larger) + exp(r - larger), weight);
      top = select(counts, larger, top);
    }
    weights_ = weights;
    odds_ = tops;
  }
  /// log(1 + w e^lead) − max(lead, 0)
  static T log_of_one_plus(const T& weight, const T& lead) {
    const auto leads = lead > T(0);
    const T decay = exp(minus_abs(lead));
    return log1p(select(leads, weight + decay - T(1), weight * decay));
  }
  void far_slopes(T* slopes) const {
    T before(0), scale(0);  // Σ 1 / S_j = before · e^−scale
    for (index k = 0; k < row_.candidates(); ++k) {
      const auto counts = row_.counts(k);
      const auto observed = both{}(counts, observed_.at(k));
      const T r = select(counts, r_[k], T(0)), top = odds_[k], larger = max(top, r);
      const T own = exp(r - larger), rest = weights_[k] * exp(top - larger), total = own + rest;
      const T drawn = before * exp(min(r - scale, T(0)));
      slopes[k] = select(counts, drawn, T(0)) - select(observed, rest * reciprocal(total), T(0));
      // Tops fall from candidate to candidate, so that the last is the scale at which no term overflows.
      before = select(observed, before * exp(min(larger - scale, T(0))) + reciprocal(total), before);
      scale = select(observed, larger, scale);
    }
  }

  Row row_;
  const T* r_;
  Where observed_;
  bool close_ = true;
  const T* weights_ = nullptr;
  const T* inverses_ = nullptr;  ///< of the weights
  const T* odds_ = nullptr;      ///< or the tops
  T cost_{0};
};

}  // namespace prefopt::detail
