#pragma once

#include <limits>

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/gains.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// −NDCG of a sort with a derivative (NeuralNDCG, Pobrotyn 2021), for the batch's `relevance` y:
///
///     −Σ_{p ≤ k} Σ_i P_pi (2^{y_i} − 1) / log2(1 + p) / (ideal DCG + 1e-10)
///
/// P is NeuralSort's relaxed permutation after Sinkhorn's scaling, at most 50 sweeps, to 1e-6 (allRank). Masks are taken
/// out of the list before it is sorted (allRank masks the place of the same number too, which is the same where padding
/// is at the end). The gradient is closed form, back through the sweeps. O(50 N²), and N² numbers of memory.
struct neural_ndcg {
  double temperature = 1;  ///< τ > 0; towards 0 P becomes the permutation, and the gradient 0
  index k = std::numeric_limits<index>::max();  ///< places that count, in the ideal DCG too

  static constexpr loss_traits traits{
      .candidates = rejected::none, .translation_invariant = true, .graded = true};
  static constexpr inputs needs = inputs::relevance;

  void check() const {
    detail::require(temperature > 0 && temperature - temperature == 0, "neural_ndcg", "temperature is ",
                    temperature, ", expected a finite value above 0");
    detail::require(k >= 1, "neural_ndcg", "k is ", k, ", expected at least 1");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto ideal = gains_of_grades(row, static_cast<double>(k));
    auto payoff = ideal.gains * ideal.per_dcg(row.number(1e-10));
    auto sorted = row.soft_sort(
        row.rewards(), payoff,
        [k = k](index place) { return place <= k ? ln2 / prefopt::log1p(static_cast<double>(place)) : 0; },
        {.temperature = temperature});
    return with_gradient{-sorted.value(), [=] { return -sorted.slopes(); }};
  }
};

}  // namespace prefopt::losses
