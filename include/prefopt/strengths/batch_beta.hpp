#pragma once

#include <cstdint>
#include <span>

#include <prefopt/host_device.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/strengths/detail/gaps.hpp>

namespace prefopt::strengths {

/// β-DPO, batch level (Wu 2024, NeurIPS; code junkangwu/beta-DPO): one β for the batch, from the mean gap of the
/// examples that a filter keeps, and the others leave the loss.
///
///     M_0 ← m M_0 + (1 − m) mean(gap),  S_0 ← m S_0 + (1 − m) deviation(gap)
///     kept: ⌊B (1 − ρ)⌋ examples, drawn without replacement by weights exp(−((gap_b − M_0) / S_0)² / 2)
///     β = max(β_min, β_0 (1 + α (mean gap of the kept − M_0)));   loss = mean over the kept
///
/// gap_b = log π/π_ref of the preferred item − its mean over the rejected ones, without β. Under a mean over the batch
/// each kept example weighs B / n. S_0 = 0 (a first batch whose policy is the reference): equal weights, where the code
/// divides 0 by 0. α = 0 and ρ = 0: a fixed β. The draw depends on `seed`, the number of batches so far and an example's
/// place in the whole batch, on nothing else. Rewards in `result` carry the β that was used; the code logs β_0.
///
/// Needs `options.state`, a `gap_state`. A constant to the gradient. O(B log B) per batch.
struct batch_beta {
  double beta = 0.1;   ///< β_0 > 0
  double alpha = 0.6;  ///< α, the README's; the configuration's default is 0
  double rho = 0.2;    ///< ρ, share that the filter drops, in [0, 1)
  double beta_min = 1e-3;
  double momentum = 0.9;  ///< m, in [0, 1]; 1 freezes M_0 and S_0
  std::uint64_t seed = 0;
  strengths::update update = update::before;
  /// Examples of the whole batch to keep, instead of a draw; the caller's, alive during the call.
  std::span<const index> selected{};

  using state_type = gap_state;
  static constexpr index decisions = 2;  ///< β, and the example's weight
  static constexpr bool maps_and_reductions = true;

  void check() const {
    constexpr auto here = "batch_beta";
    detail::check_strength(beta, here, "beta");
    detail::check_finite_setting(alpha, here, "alpha");
    detail::check_share(rho, here, "rho");
    detail::check_strength(beta_min, here, "beta_min");
    detail::check_momentum(momentum, here);
  }
  PREFOPT_ANYWHERE auto observe(auto row) const { return observed{detail::log_ratio_gap(row)}; }

  void decide(const matrix_view<const double>& gaps, const matrix_view<double>& decided,
              gap_state& state) const {
    const detail::gap_moments moments = detail::moments_of(gaps);
    const std::uint64_t step = state.batches;
    if (update == update::before) detail::fold_in(state, moments, momentum);
    const matrix_view<double> kept{decided.data + decided.column_stride, decided.rows, 1, decided.row_stride,
                                   1};
    keep(gaps, moments, state, step, kept);
    double count = 0, total = 0;
    for (index b = 0; b < gaps.rows; ++b)
      if (kept(b, 0) > 0) total += gaps(b, 0), ++count;
    const double chosen = beta * (1 + alpha * (count > 0 ? total / count - state.mean : 0));
    for (index b = 0; b < gaps.rows; ++b) {
      decided(b, 0) = chosen > beta_min ? chosen : beta_min;
      if (count > 0) kept(b, 0) *= static_cast<double>(gaps.rows) / count;
    }
    if (update == update::after) detail::fold_in(state, moments, momentum);
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const { return row.decided(0); }
  PREFOPT_ANYWHERE auto weight(auto row) const { return row.decided(1); }

 private:
  void keep(const matrix_view<const double>& gaps, const detail::gap_moments& moments, const gap_state& state,
            std::uint64_t step, const matrix_view<double>& kept) const {
    detail::keep_examples(
        gaps, detail::kept_count(moments.count, rho), selected, seed, step,
        [&](double gap) { return detail::typicality(gap, state); }, kept, "batch_beta");
  }
};

}  // namespace prefopt::strengths
