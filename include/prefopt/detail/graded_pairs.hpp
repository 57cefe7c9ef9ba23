#pragma once

#include <cstddef>
#include <limits>

#include <prefopt/column.hpp>
#include <prefopt/numeric/log1p_sum.hpp>

namespace prefopt::detail {

template <class T>
inline constexpr bool has_plain_lanes = false;
template <class Scalar, int Width>
inline constexpr bool has_plain_lanes<pack<Scalar, Width>> = true;

/// Every pair of candidates of which one has the higher grade, with the logistic cost of their order:
///
///     cost   Σ_{g_i > g_j} softplus(−(r_i − r_j)) = Σ log(1 + x),   x = e^{r_j} / e^{r_i}
///     slopes d cost / d r: σ(r_j − r_i) = x / (1 + x) less for i and more for j
///
/// Quotients of N exponentials and their inverses, not an exponential for each of the N² / 2 pairs, unless the rewards
/// of a row lie too far apart for that. Where few candidates of a row stand above its lowest grade, only their pairs
/// are visited: one relevant item costs O(N).
template <class Row>
class graded_pairs {
 public:
  using T = typename Row::number_type;

  /// \param rewards, grades N numbers each
  graded_pairs(const Row& row, const T* rewards, const T* grades) : row_(row), r_(rewards), grades_(grades) {
    slopes_ = row_.take();
    for (index k = 0; k < row_.candidates(); ++k) slopes_[k] = T(0);
    take_exponentials();
    if constexpr (has_plain_lanes<T>)
      if (visit_from_above()) return;
    visit_all();
  }

  T cost() const { return logs_.value() + far_; }
  T count() const { return count_; }
  auto slopes() const { return Row::stored(slopes_); }

 private:
  static T lowest() { return T(-std::numeric_limits<scalar_t<T>>::infinity()); }

  /// e^{±(r_k − middle)}, if that and quotients of it stay normal numbers.
  void take_exponentials() {
    T top = lowest(), bottom = -lowest();
    for (index k = 0; k < row_.candidates(); ++k) {
      top = max(top, select(row_.counts(k), r_[k], top));
      bottom = min(bottom, select(row_.counts(k), r_[k], bottom));
    }
    constexpr auto largest_spread =
        static_cast<scalar_t<T>>(std::numeric_limits<scalar_t<T>>::max_exponent) / 2;
    if (any(top - bottom >= T(largest_spread))) return;
    const T middle = constant((top + bottom) * T(scalar_t<T>(0.5)));
    rising_ = row_.take();
    falling_ = row_.take();
    for (index k = 0; k < row_.candidates(); ++k) {
      const T r = select(row_.counts(k), r_[k] - middle, T(0));
      rising_[k] = exp(r);
      falling_[k] = exp(-r);
    }
  }

  /// The cost of a pair, and what its better and worse candidate get: x / (1 + x).
  T add(const T& x) {
    logs_.add_large(x);
    if (--room_ == 0) {
      logs_.flush();
      room_ = log1p_sum<T>::capacity;
    }
    return x * reciprocal(1 + x);
  }
  T add_far(const T& worse_lead, const mask_t<T>& counts) {
    far_ = far_ + select(counts, softplus(worse_lead), T(0));
    return select(counts, sigmoid(worse_lead), T(0));
  }

  void visit_all() {
    for (index i = 0; i + 1 < row_.candidates(); ++i) {
      T mine(0);
      for (index j = i + 1; j < row_.candidates(); ++j) {
        const auto counts = both{}(row_.counts(i), row_.counts(j));
        const auto above = grades_[i] > grades_[j], below = grades_[i] < grades_[j];
        const auto differ = counts & (above | below);
        const T share =
            rising_ != nullptr
                ? add(select(differ, select(above, rising_[j] * falling_[i], rising_[i] * falling_[j]), T(0)))
                : add_far(select(above, r_[j] - r_[i], r_[i] - r_[j]), differ);
        count_ = count_ + select(differ, T(1), T(0));
        const T pull = select(above, share, -share);
        mine = mine - pull;
        slopes_[j] = slopes_[j] + pull;
      }
      slopes_[i] = slopes_[i] + mine;
    }
  }

  /// Visits the pairs of the candidates above the lowest grade, if they are few.
  bool visit_from_above() {
    T floor = -lowest();
    for (index k = 0; k < row_.candidates(); ++k)
      floor = min(floor, select(row_.counts(k), grades_[k], floor));
    T above(0);
    for (index k = 0; k < row_.candidates(); ++k)
      above = above + select(both{}(row_.counts(k), grades_[k] > floor), T(1), T(0));
    scalar_t<T> most = 0;
    for (int i = 0; i < lane_count<T>; ++i) most = most < lane(above, i) ? lane(above, i) : most;
    if (4 * most > static_cast<scalar_t<T>>(row_.candidates())) return false;

    index next[static_cast<std::size_t>(lane_count<T>)] = {};
    for (int turn = 0; turn < static_cast<int>(most); ++turn) visit_one_each(floor, next);
    return true;
  }
  /// In each lane, the next candidate above the floor against all candidates.
  void visit_one_each(const T& floor, index* next) {
    T reward(0), grade = floor, falling(0), mine(0);
    for (int lane_index = 0; lane_index < lane_count<T>; ++lane_index) {
      index& k = next[lane_index];
      while (k < row_.candidates() && !is_above(k, floor, lane_index)) ++k;
      if (k == row_.candidates()) continue;
      set_lane(reward, lane_index, lane(r_[k], lane_index));
      set_lane(grade, lane_index, lane(grades_[k], lane_index));
      if (falling_ != nullptr) set_lane(falling, lane_index, lane(falling_[k], lane_index));
    }
    for (index j = 0; j < row_.candidates(); ++j) {
      const auto counts = both{}(row_.counts(j), grade > grades_[j]);
      const T share = rising_ != nullptr ? add(select(counts, rising_[j] * falling, T(0)))
                                         : add_far(r_[j] - reward, counts);
      count_ = count_ + select(counts, T(1), T(0));
      mine = mine - share;
      slopes_[j] = slopes_[j] + share;
    }
    for (int lane_index = 0; lane_index < lane_count<T>; ++lane_index) {
      const index k = next[lane_index]++;
      if (k < row_.candidates())
        set_lane(slopes_[k], lane_index, lane(slopes_[k], lane_index) + lane(mine, lane_index));
    }
  }
  bool is_above(index k, const T& floor, int lane_index) const {
    return lane(mask_t<T>(row_.counts(k)), lane_index) &&
           lane(grades_[k], lane_index) > lane(floor, lane_index);
  }

  Row row_;
  const T* r_;
  const T* grades_;
  T* slopes_ = nullptr;
  T* rising_ = nullptr;
  T* falling_ = nullptr;
  log1p_sum<T> logs_;
  int room_ = log1p_sum<T>::capacity;
  T far_{0}, count_{0};
};

}  // namespace prefopt::detail
