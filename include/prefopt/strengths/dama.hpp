#pragma once

#include <cstdint>
#include <span>

#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/numeric.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/strengths/detail/gaps.hpp>

namespace prefopt::strengths {

/// DAMA (Lu 2025, arXiv 2502.01943, called DAMO in its first version; code injadlu/DAMA): β follows the data and the
/// model,
///
///     β_b = max(β_min, β_0 · σ(d_b) / σ(d̄) · mean_{kept} σ(gap) / σ(M_0)).
///
/// d_b, the batch's `hardness`, is how much better the preferred item fits than the rejected one (the paper: difference
/// of CLIP scores), d̄ its mean over the data; gap and M_0 are those of `batch_beta`. Kept: ⌊B (1 − drop)⌋ examples drawn
/// without replacement by weights exp(−(gap_b − M_0)² / 2); all examples stay in the loss. M_0 is updated after its use.
/// Where all weights underflow, the draw goes on by their logarithms; the code falls back to one with replacement.
///
/// Needs `options.state`, a `gap_state`, and `batch.hardness`. A constant to the gradient. O(B log B) per batch.
struct dama {
  double beta = 0.1;                          ///< β_0 > 0
  double hardness_mean = 0.0482190464911681;  ///< d̄; the code's constant belongs to its own data
  double drop = 0.2;                          ///< in [0, 1)
  double beta_min = 1e-3;
  double momentum = 0.9;  ///< in [0, 1]; 1 freezes M_0
  std::uint64_t seed = 0;
  strengths::update update = update::after;
  /// Examples of the whole batch to keep, instead of a draw; the caller's, alive during the call.
  std::span<const index> selected{};

  using state_type = gap_state;
  static constexpr inputs needs = inputs::hardness;
  static constexpr index decisions = 1;
  static constexpr bool maps_and_reductions = true;

  void check() const {
    constexpr auto here = "dama";
    detail::check_strength(beta, here, "beta");
    detail::check_finite_setting(hardness_mean, here, "hardness_mean");
    detail::check_share(drop, here, "drop");
    detail::check_strength(beta_min, here, "beta_min");
    detail::check_momentum(momentum, here);
  }
  PREFOPT_ANYWHERE auto observe(auto row) const {
    return observed{detail::log_ratio_gap(row), row.hardness()};
  }

  void decide(const matrix_view<const double>& seen, const matrix_view<double>& betas,
              gap_state& state) const {
    const detail::gap_moments moments = detail::moments_of(seen);
    const std::uint64_t step = state.batches;
    if (update == update::before) detail::fold_in(state, moments, momentum);
    const double by_model = beta * kept_sigmoid(seen, moments, state, step, betas) / sigmoid(state.mean);
    for (index b = 0; b < seen.rows; ++b) {
      const double chosen = by_model * sigmoid(seen(b, 1)) / sigmoid(hardness_mean);
      betas(b, 0) = chosen > beta_min ? chosen : beta_min;
    }
    if (update == update::after) detail::fold_in(state, moments, momentum);
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const { return row.decided(); }

 private:
  /// The mean of σ(gap) over the examples kept, whose marks pass through `kept`.
  double kept_sigmoid(const matrix_view<const double>& seen, const detail::gap_moments& moments,
                      const gap_state& state, std::uint64_t step, const matrix_view<double>& kept) const {
    auto log_weight = [&](double gap) { return -0.5 * (gap - state.mean) * (gap - state.mean); };
    detail::keep_examples(seen, detail::kept_count(moments.count, drop), selected, seed, step, log_weight,
                          kept, "dama");
    double count = 0, total = 0;
    for (index b = 0; b < seen.rows; ++b)
      if (kept(b, 0) > 0) total += sigmoid(seen(b, 0)), ++count;
    return count > 0 ? total / count : sigmoid(state.mean);
  }
};

}  // namespace prefopt::strengths
