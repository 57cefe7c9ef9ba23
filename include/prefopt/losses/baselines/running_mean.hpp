#pragma once

#include <string_view>

#include <prefopt/host_device.hpp>
#include <prefopt/observed.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::losses::baselines {

/// z = the mean of all log-ratios seen so far, this batch's first (BCO's reward shift δ / β, Jung 2024; TRL keeps
/// the mean with β in it, which is the same for a fixed β). A constant for the gradient.
struct running_mean {
  /// What outlives the batch; to evaluate without learning from the evaluated, hand `evaluate` a copy.
  struct state_type {
    double mean = 0;       ///< before β
    double count = 1e-24;  ///< candidates it was taken over

    static constexpr std::string_view name = "running_mean";
    template <class Self, class Visit>
    static void fields(Self& self, const Visit& visit) {
      visit("mean", self.mean);
      visit("count", self.count);
    }
  };
  static constexpr index decisions = 1;

  PREFOPT_ANYWHERE auto observe(auto row) const {
    const auto r = row.rewards();
    return observed{row.sum(r), row.count(row.rejected()) + 1};
  }
  void decide(matrix_view<const double> seen, matrix_view<double> said, state_type& state) const {
    double total = 0, count = 0;
    for (index b = 0; b < seen.rows; ++b)
      if (seen(b, 0) == seen(b, 0)) total += seen(b, 0), count += seen(b, 1);
    if (count > 0) {
      state.mean += (total / count - state.mean) * count / (state.count + count);
      state.count += count;
    }
    for (index b = 0; b < said.rows; ++b) said(b, 0) = state.mean;
  }
  PREFOPT_ANYWHERE auto at(auto row) const { return row.decided(); }
};

}  // namespace prefopt::losses::baselines
