#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/strengths/detail/gaps.hpp>

namespace prefopt::strengths {

/// β-DPO, instance level (Wu 2024): β_b = max(β_min, β_0 (1 + α (gap_b − M_0))), with `batch_beta`'s gap and running
/// mean. The paper's less stable alternative; not in the authors' code. No filter: α = 0 is a fixed β.
///
/// Needs `options.state`, a `gap_state`. A constant to the gradient. O(B) per batch.
struct instance_beta {
  double beta = 0.1;   ///< β_0 > 0
  double alpha = 0.6;  ///< α
  double beta_min = 1e-3;
  double momentum = 0.9;  ///< in [0, 1]; 1 freezes M_0
  strengths::update update = update::before;

  using state_type = gap_state;
  static constexpr index decisions = 1;
  static constexpr bool maps_and_reductions = true;

  void check() const {
    constexpr auto here = "instance_beta";
    detail::check_strength(beta, here, "beta");
    detail::check_finite_setting(alpha, here, "alpha");
    detail::check_strength(beta_min, here, "beta_min");
    detail::check_momentum(momentum, here);
  }
  PREFOPT_ANYWHERE auto observe(auto row) const { return observed{detail::log_ratio_gap(row)}; }

  void decide(const matrix_view<const double>& gaps, const matrix_view<double>& betas,
              gap_state& state) const {
    const detail::gap_moments moments = detail::moments_of(gaps);
    if (update == update::before) detail::fold_in(state, moments, momentum);
    for (index b = 0; b < gaps.rows; ++b) {
      const double chosen = beta * (1 + alpha * (gaps(b, 0) - state.mean));
      betas(b, 0) = chosen > beta_min ? chosen : beta_min;
    }
    if (update == update::after) detail::fold_in(state, moments, momentum);
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const { return row.decided(); }
};

}  // namespace prefopt::strengths
