#pragma once

#include <span>

#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/numeric.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/strengths/detail/gaps.hpp>

namespace prefopt {
namespace detail {

/// η of the values(b), NaN left out, for b in [0, n).
template <class Values>
double responsiveness(index n, const Values& values, double smallest_scale) {
  double total = 0, magnitude = 0, count = 0;
  for (index b = 0; b < n; ++b)
    if (const double r = values(b); r == r) total += r, magnitude += abs(r), ++count;
  if (count == 0) return 1;
  const double mean = total / count, fallback = max(magnitude / count, smallest_scale);
  const double scale = abs(mean) > smallest_scale ? mean : fallback;

  index smallest = -1, largest = -1;
  for (index b = 0; b < n; ++b) {
    const double r = values(b) / scale;
    if (!(r == r)) continue;
    if (smallest < 0 || r < values(smallest) / scale) smallest = b;
    if (largest < 0 || r >= values(largest) / scale) largest = b;
  }
  double rest = 0, left = 0, all = 0;
  for (index b = 0; b < n; ++b) {
    const double r = values(b) / scale;
    if (!(r == r)) continue;
    all += r;
    if (count > 2 && (b == smallest || b == largest)) continue;
    rest += r, ++left;
  }
  return sigmoid(rest / left) / sigmoid(all / count);
}

}  // namespace detail

/// HaRS's model responsiveness of a batch (HaNoRec, Wang 2025, Eqs. 7-8): reward gaps R, scaled by their mean (by their
/// mean magnitude if |mean| ≤ `smallest_scale`), lose their smallest and largest if there are more than two;
/// η = σ(mean of the rest) / σ(mean of all). 1 for equal gaps, and the same for R and c R. NaN gaps are left out.
inline double hars_responsiveness(std::span<const double> reward_gaps, double smallest_scale = 1e-8) {
  return detail::responsiveness(
      static_cast<index>(reward_gaps.size()),
      [=](index b) { return reward_gaps[static_cast<std::size_t>(b)]; }, smallest_scale);
}

namespace strengths {

/// HaRS, the hardness- and responsiveness-aware strength of HaNoRec (Wang 2025, Eqs. 4-8, 11; code wangyu0627/HaNoRec):
///
///     β_b = max(floor, β_0 · η · λ_b)
///
/// with η the batch's `hars_responsiveness` for R_b = β_0 gap_b (`batch_beta`'s gap), and λ_b > 0 the batch's
/// `hardness`, from `hars_hardness` over the data. A larger λ means pairs that are easy to tell apart. Unlike the
/// trainer, which asks for three examples, any number will do.
///
/// Needs `batch.hardness`. A constant to the gradient. O(B) per batch.
struct hars {
  double beta = 0.1;  ///< β_0 > 0; the paper: 0.5 clearly hurts
  double floor = 1e-6;
  double smallest_scale = 1e-8;

  static constexpr inputs needs = inputs::hardness;
  static constexpr index decisions = 1;
  static constexpr bool maps_and_reductions = true;

  void check() const {
    detail::check_strength(beta, "hars", "beta");
    detail::check_strength(floor, "hars", "floor");
    detail::check_strength(smallest_scale, "hars", "smallest_scale");
  }
  PREFOPT_ANYWHERE auto observe(auto row) const {
    return observed{detail::log_ratio_gap(row), row.hardness()};
  }

  void decide(const matrix_view<const double>& seen, const matrix_view<double>& betas) const {
    const double responsiveness = detail::responsiveness(
        seen.rows, [&](index b) { return beta * seen(b, 0); }, smallest_scale);
    for (index b = 0; b < seen.rows; ++b) {
      detail::require(!(seen(b, 1) <= 0), "hars", "hardness[", b, "] is ", seen(b, 1),
                      ", expected a value above 0");
      const double chosen = beta * responsiveness * seen(b, 1);
      betas(b, 0) = chosen > floor ? chosen : floor;
    }
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const { return row.decided(); }
};

}  // namespace strengths
}  // namespace prefopt
