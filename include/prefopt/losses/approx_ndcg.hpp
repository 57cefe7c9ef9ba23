#pragma once

#include <limits>

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/gains.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// −NDCG with soft ranks (ApproxNDCG, Qin 2010, Eqs. 15, 19, 20), for the batch's `relevance` y:
///
///     −Σ_i G_i / log2(1 + π_i),   π_i = 1 + Σ_{j ≠ i} σ(−α (r_i − r_j)),   G = (2^y − 1) / ideal DCG
///
/// In [−1, 0]; a larger α is closer to −NDCG, and its gradient smaller. O(N²).
struct approx_ndcg {
  double alpha = 1;

  static constexpr loss_traits traits{
      .candidates = rejected::none, .translation_invariant = true, .graded = true};
  static constexpr inputs needs = inputs::relevance;

  void check() const {
    detail::require(alpha > 0 && alpha - alpha == 0, "approx_ndcg", "alpha is ", alpha,
                    ", expected a finite value above 0");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto ideal = gains_of_grades(row, std::numeric_limits<double>::infinity());
    auto gain = ideal.gains * ideal.per_dcg();
    auto r = row.keep(row.number(alpha) * row.rewards());
    auto none = row.number(0), one = row.number(1);
    auto rank = row.keep(1 + row.pair_totals([=](auto i, auto j) {
      auto lead = i(r) - j(r), decay = exp(minus_abs(lead)), larger = reciprocal(one + decay);
      auto behind = lead < none;
      return pair_values{select(behind, larger, decay * larger), select(behind, decay * larger, larger)};
    }));
    auto logarithm = row.keep(log(1 + rank));
    auto value = -row.sum(row.number(ln2) * gain / logarithm);
    return with_gradient{
        value, [=, alpha = row.number(alpha)] {
          // What a rank costs candidate i, and what it takes to change the ranks of two.
          auto price = row.keep(alpha * row.number(ln2) * gain / ((1 + rank) * logarithm * logarithm));
          return row.pair_slopes([=](auto i, auto j) {
            auto decay = exp(minus_abs(i(r) - j(r))), near = reciprocal(one + decay);
            return decay * near * near * (j(price) - i(price));
          });
        }};
  }
};

}  // namespace prefopt::losses
