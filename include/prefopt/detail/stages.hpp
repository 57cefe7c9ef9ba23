#pragma once

#include <limits>

#include <prefopt/column.hpp>
#include <prefopt/numeric/log1p_sum.hpp>

namespace prefopt::detail {

/// A sum of many terms that keeps its digits (Kahan 1965): of blocks, each added up plainly.
template <class T>
class sum_of_blocks {
 public:
  void add(T block) {
    const T y = block - lost_, sum = sum_ + y;
    lost_ = (sum - sum_) - y;
    sum_ = sum;
  }
  T value() const { return sum_; }

 private:
  T sum_{0}, lost_{0};
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
    close_ = scan_close(constant(row_.max(Row::stored(r_))));
    if (!close_) scan_far();
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
  static constexpr index block = log1p_sum<T>::capacity;

  static T lowest() { return T(-std::numeric_limits<scalar_t<T>>::infinity()); }
  /// Sums of N weights, and products of two of them or of two odds, are normal numbers still.
  static T smallest_weight() {
    using scalar = scalar_t<T>;
    constexpr int exponent = -std::numeric_limits<scalar>::max_exponent / 3;
    return exp(T(static_cast<scalar>(exponent) * static_cast<scalar>(0.693147180559945309417L)));
  }

  /// weights_k = e^{r_k − top}, inverses_k = 1 / Σ_{i ≥ k} weights_i, missed_k = x_k / (1 + x_k). False if the weights are
  /// too far apart.
  bool scan_close(const T& top) {
    T* const weights = row_.take();
    T smallest(1);
    for (index k = 0; k < row_.candidates(); ++k) {
      row_.memory().ahead.template fetch<T>(k, 1);
      weights[k] = select(row_.counts(k), exp(r_[k] - top), T(1));
      smallest = min(smallest, weights[k]);
    }
    weights_ = weights;
    add_up_from_the_tail();
    return !any(smallest < smallest_weight());  // a row with NaN leaves its neighbours alone
  }
  void add_up_from_the_tail() {
    T* const inverses = row_.take();
    T* const missed = row_.take();
    sum_of_blocks<T> blocks;
    log1p_sum<T> logs;
    for (index end = row_.candidates(); end > 0; end -= block) {
      const T behind = blocks.value();
      T sum(0);
      const auto odds_against = [&](index k) __attribute__((always_inline)) {
        const auto counts = row_.counts(k);
        const T weight = weights_[k], rest = behind + sum, total = rest + weight;
        const T inverse_of_both = reciprocal(weight * total);  // one for two
        inverses[k] = inverse_of_both * weight;
        missed[k] = rest * inverses[k];
        sum = sum + select(counts, weight, T(0));
        return select(both{}(counts, observed_.at(k)), rest * (inverse_of_both * total), T(0));
      };
      const index start = end > block ? end - block : 0;
      index k = end;
      for (; k - start >= 2; k -= 2) {
        const T later = odds_against(k - 1), earlier = odds_against(k - 2);
        logs.add_large(later, earlier);
      }
      if (k > start) logs.add_large(odds_against(k - 1));
      blocks.add(sum);
      if (end > block) logs.flush();
    }
    inverses_ = inverses;
    missed_ = missed;
    cost_ = logs.value();
  }
  void close_slopes(T* slopes) const {
    sum_of_blocks<T> blocks;  // Σ 1 / S_j over the observed choices before this one
    for (index start = 0; start < row_.candidates(); start += block) {
      const T before = blocks.value();
      T sum(0);
      for (index k = start; k < row_.candidates() && k < start + block; ++k) {
        const auto counts = both{}(row_.counts(k), observed_.at(k));
        slopes[k] = weights_[k] * (before + sum) - select(counts, missed_[k], T(0));
        sum = sum + select(counts, inverses_[k], T(0));
      }
      blocks.add(sum);
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
    tops_ = tops;
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
      const T r = select(counts, r_[k], T(0)), top = tops_[k], larger = max(top, r);
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
  const T* inverses_ = nullptr;
  const T* missed_ = nullptr;
  const T* tops_ = nullptr;
  T cost_{0};
};

}  // namespace prefopt::detail
