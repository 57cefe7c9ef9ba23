#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/objective.hpp>

namespace prefopt::weights {

/// w_b / mean(w) over the batch, so that weights change who counts, not how far a step goes: a filter's loss becomes the
/// mean over those it keeps. Examples that are skipped, or have nothing rejected, count in the mean's number with weight
/// 0, as they do in the mean of the losses. All weights 0: they stay 0.
/// \tparam Weight a weight without a step over the batch of its own
template <class Weight>
struct normalised {
  Weight weight{};

  static constexpr inputs reads = detail::read_inputs<Weight>();
  static constexpr inputs needs = detail::needed_inputs<Weight>();
  static constexpr bool needs_log_probabilities =
      requires { requires bool(Weight::needs_log_probabilities); };
  static constexpr index decisions = 1;
  static constexpr bool maps_and_reductions = true;

  void check() const { detail::check_part(weight); }
  PREFOPT_ANYWHERE auto observe(auto row) const { return observed{weight(row)}; }

  void decide(const matrix_view<const double>& weights, const matrix_view<double>& decided) const {
    double total = 0;
    for (index b = 0; b < weights.rows; ++b)
      if (weights(b, 0) == weights(b, 0)) total += weights(b, 0);
    const double scale = total > 0 ? static_cast<double>(weights.rows) / total : 0;
    for (index b = 0; b < weights.rows; ++b)
      decided(b, 0) = weights(b, 0) == weights(b, 0) ? weights(b, 0) * scale : 0;
  }
  PREFOPT_ANYWHERE auto operator()(auto row, index first) const { return row.decided(first); }
};
template <class Weight>
normalised(Weight) -> normalised<Weight>;

}  // namespace prefopt::weights
