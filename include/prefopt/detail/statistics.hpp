#pragma once

#include <limits>

#include <prefopt/row.hpp>
#include <prefopt/workspace.hpp>

namespace prefopt::detail {

/// What people plot, summed lane by lane over the tiles of a chunk.
template <class T>
class lane_sums {
 public:
  void add_loss(const T& loss) { loss_ = loss_ + loss; }

  /// Adds a row after its first term ran, in the lanes where `counted`: over every unmasked rejected
  /// candidate, selected or not.
  template <class Row, class Mask>
  [[gnu::always_inline]] void add_rewards(const Row& row, const Mask& counted, const T& beta) {
    if (!any(counted)) return;
    const auto r = row.rewards();
    const auto compared = row.every_rejected();
    T preferred = row.preferred(r), hardest = row.max(r, compared);
    const auto add = [&](T& sum, const T& value) { sum = sum + select(counted, value, T(0)); };
    add(chosen_, preferred);
    add(rejected_, row.mean(r, compared));
    add(hardest_, preferred - hardest);
    add(accurate_, select(preferred > hardest, T(1), T(0)));
    add(beta_, beta);
    add(examples_, T(1));
  }

  void add_to(chunk_sums& sums) const {
    for (int i = 0; i < lane_count<T>; ++i) {
      sums.loss += static_cast<double>(lane(loss_, i));
      sums.chosen += static_cast<double>(lane(chosen_, i));
      sums.rejected += static_cast<double>(lane(rejected_, i));
      sums.hardest += static_cast<double>(lane(hardest_, i));
      sums.accurate += static_cast<double>(lane(accurate_, i));
      sums.beta += static_cast<double>(lane(beta_, i));
      sums.examples += static_cast<index>(lane(examples_, i));
    }
  }

 private:
  T loss_{0}, chosen_{0}, rejected_{0}, hardest_{0}, accurate_{0}, beta_{0}, examples_{0};
};

}  // namespace prefopt::detail
