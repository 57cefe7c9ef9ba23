#pragma once

#include <cstddef>
#include <limits>
#include <span>

#include <prefopt/detail/heap_sort.hpp>

namespace prefopt::detail {

/// The smallest member of the top cluster of an optimal one-dimensional 3-means of `values`, which are put in order.
/// Clusters never part equal values, and there are as many as different values if these are fewer than three; of
/// partitions whose costs differ by less than 1e-12 of the values' spread, the one with the larger top cluster counts.
///
/// With sums S_c and sizes n_c, the least sum of squares within clusters is the largest Σ S_c² / n_c. Where the upper
/// cut moves up, the best lower cut never moves down: O(K log K) by divide and conquer, sums carried along, no memory.
template <class Scalar>
class three_means {
 public:
  /// values  at least one, none NaN
  explicit three_means(std::span<Scalar> values) : values_(values) {
    heap_sort(values_);
    for (const Scalar x : values_) centre_ += static_cast<double>(x) / static_cast<double>(values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i) total_ += at(i), squares_ += at(i) * at(i);
  }

  Scalar smallest_of_top() {
    const std::size_t second = next_run(0), third = next_run(second);
    if (next_run(third) == values_.size()) return values_.back();  // three different values at most
    cut_ = values_.size() - 1;
    search({third, sum(third)}, {values_.size(), total_}, {1, at(0)},
           {values_.size() - 1, total_ - at(size() - 1)});
    return values_[cut_];
  }

 private:
  /// A cut in front of value `place`, and the sum of the values in front of it.
  struct cut {
    std::size_t place;
    double sum;
  };

  std::size_t size() const { return values_.size(); }
  double at(std::size_t i) const { return static_cast<double>(values_[i]) - centre_; }
  double sum(std::size_t end) const {
    double result = 0;
    for (std::size_t i = 0; i < end; ++i) result += at(i);
    return result;
  }
  /// Where the values behind those that equal value i begin.
  std::size_t next_run(std::size_t i) const {
    std::size_t next = i;
    while (next < size() && values_[next] == values_[i]) ++next;
    return next;
  }

  static double weight(const cut& from, const cut& to) {
    const double sum = to.sum - from.sum;
    return sum * sum / static_cast<double>(to.place - from.place);
  }

  /// Tries every upper cut in [first, last), in ascending order, with lower cuts in [low, high].
  void search(const cut& first, const cut& last, const cut& low, const cut& high) {
    if (first.place >= last.place) return;
    const std::size_t middle = first.place + (last.place - first.place) / 2;
    cut upper = first;
    while (upper.place < middle) upper.sum += at(upper.place++);

    cut best = low;
    double most = -1;
    for (cut lower = low;; lower.sum += at(lower.place++)) {
      if (const double both = weight({0, 0}, lower) + weight(lower, upper); both > most)
        most = both, best = lower;
      if (lower.place >= high.place || lower.place + 1 >= upper.place) break;
    }
    search(first, upper, low, best);
    if (values_[middle] != values_[middle - 1]) offer(middle, most + weight(upper, {size(), total_}));
    search({middle + 1, upper.sum + at(middle)}, last, best, high);
  }
  void offer(std::size_t place, double weight) {
    if (weight > most_ + 1e-12 * squares_) most_ = weight, cut_ = place;
  }

  std::span<Scalar> values_;
  double centre_ = 0, total_ = 0, squares_ = 0;
  double most_ = -std::numeric_limits<double>::infinity();
  std::size_t cut_ = 0;
};

}  // namespace prefopt::detail
