#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <prefopt/detail/exponential_race.hpp>
#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/strengths/gap_state.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// What the strengths that look at the gaps of a batch share.

namespace prefopt::detail {

/// (log π/π_ref of the preferred item) − (its mean over the rejected ones), the papers' gap where there is one of them; NaN
/// where there is none.
PREFOPT_ANYWHERE auto log_ratio_gap(auto row) {
  const auto ratios = row.policy() - row.reference();
  return row.preferred(ratios) - row.mean(ratios, row.rejected());
}

/// The same, and 0 where nothing is rejected.
PREFOPT_ANYWHERE auto gap_or_zero(auto row) {
  return select(row.any(row.rejected()), log_ratio_gap(row), row.number(0));
}

/// −((gap − M_0) / S_0)² / 2, the logarithm of the weight with which β-DPO's filter keeps an example; 0 for all if S_0 = 0,
/// NaN for NaN.
inline double typicality(double gap, const strengths::gap_state& state) {
  const double off = state.deviation > 0 ? (gap - state.mean) / state.deviation : gap - gap;
  const double weight = -0.5 * off * off;
  return weight < -1e300 ? -1e300 : weight;
}

/// Keeps `count` of the examples with a gap: `kept(b, 0)` becomes 1 or 0. The share of those kept is drawn without
/// replacement by weights e^{log_weight(gap)}, with random numbers that depend on the example's place in the whole batch
/// alone, or they are the `selected` ones if these are given.
template <class LogWeight>
void keep_examples(const matrix_view<const double>& gaps, index count, std::span<const index> selected,
                   std::uint64_t seed, std::uint64_t step, const LogWeight& log_weight,
                   const matrix_view<double>& kept, std::string_view where) {
  thread_local std::vector<double> marks;  // kept, so that nothing is allocated in the steady state
  marks.assign(static_cast<std::size_t>(gaps.rows), 0.0);
  if (selected.empty()) {
    for (index b = 0; b < gaps.rows; ++b) marks[static_cast<std::size_t>(b)] = log_weight(gaps(b, 0));
    race(marks, count, seed, step);
  }
  for (const index b : selected) {
    require(b >= 0 && b < gaps.rows, where, "selected has example ", b, ", expected examples in [0, ",
            gaps.rows, ")");
    if (gaps(b, 0) == gaps(b, 0)) marks[static_cast<std::size_t>(b)] = 1;
  }
  for (index b = 0; b < gaps.rows; ++b) kept(b, 0) = marks[static_cast<std::size_t>(b)];
}

/// ⌊count (1 − dropped)⌋, at least 1.
inline index kept_count(index count, double dropped) {
  const auto kept = static_cast<index>(static_cast<double>(count) * (1 - dropped) + 1e-9);
  return kept > 1 ? kept : 1;
}

inline void check_share(double share, std::string_view where, std::string_view name) {
  require(share >= 0 && share < 1, where, name, " is ", share, ", expected a value in [0, 1)");
}
inline void check_momentum(double momentum, std::string_view where) {
  require(momentum >= 0 && momentum <= 1, where, "momentum is ", momentum, ", expected a value in [0, 1]");
}
inline void check_strength(double beta, std::string_view where, std::string_view name) {
  require(beta > 0 && beta < 1e300, where, name, " is ", beta, ", expected a finite value above 0");
}
inline void check_finite_setting(double value, std::string_view where, std::string_view name) {
  require(value - value == 0, where, name, " is ", value, ", expected a finite value");
}

}  // namespace prefopt::detail
