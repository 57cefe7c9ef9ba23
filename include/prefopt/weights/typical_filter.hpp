#pragma once

#include <cstdint>
#include <span>

#include <prefopt/host_device.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/strengths/detail/gaps.hpp>

namespace prefopt::weights {

/// β-DPO's filter (Wu 2024) on its own, for any objective: keeps ⌊B (1 − ρ)⌋ examples, drawn without replacement by
/// weights exp(−((gap_b − M_0) / S_0)² / 2), and weighs each of them B / n; `strengths::batch_beta` says what the symbols
/// are. It keeps the typical gaps and drops outliers of either side.
///
/// Needs `options.state`, a `gap_state`. O(B log B) per batch.
struct typical_filter {
  double rho = 0.2;       ///< share that is dropped, in [0, 1)
  double momentum = 0.9;  ///< in [0, 1]; 1 freezes M_0 and S_0
  std::uint64_t seed = 0;
  strengths::update update = strengths::update::before;

  using state_type = strengths::gap_state;
  static constexpr index decisions = 1;
  static constexpr bool maps_and_reductions = true;

  void check() const {
    detail::check_share(rho, "typical_filter", "rho");
    detail::check_momentum(momentum, "typical_filter");
  }
  PREFOPT_ANYWHERE auto observe(auto row) const { return observed{detail::log_ratio_gap(row)}; }

  void decide(const matrix_view<const double>& gaps, const matrix_view<double>& kept,
              state_type& state) const {
    const detail::gap_moments moments = detail::moments_of(gaps);
    const std::uint64_t step = state.batches;
    if (update == strengths::update::before) detail::fold_in(state, moments, momentum);
    const index count = detail::kept_count(moments.count, rho);
    detail::keep_examples(
        gaps, count, {}, seed, step, [&](double gap) { return detail::typicality(gap, state); }, kept,
        "typical_filter");
    for (index b = 0; b < gaps.rows; ++b)
      kept(b, 0) *= static_cast<double>(gaps.rows) / static_cast<double>(count);
    if (update == strengths::update::after) detail::fold_in(state, moments, momentum);
  }
  PREFOPT_ANYWHERE auto operator()(auto row, index first) const { return row.decided(first); }
};

}  // namespace prefopt::weights
