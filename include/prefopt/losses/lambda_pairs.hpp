#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/gains.hpp>
#include <prefopt/losses/graded_weight.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// Ranks of the current rewards: LiPO-λ.
struct ranks_of_rewards {
  PREFOPT_ANYWHERE auto operator()(auto row) const { return row.rank(row.rewards()); }
};
/// Ranks of the batch's `relevance`: RankDPO.
struct ranks_of_grades {
  PREFOPT_ANYWHERE auto operator()(auto row) const { return row.rank(row.relevance()); }
};

/// Σ_{y_i > y_j} |2^{y_i} − 2^{y_j}| |1 / log(1 + τ_i) − 1 / log(1 + τ_j)| · −log σ(r_i − r_j), for the batch's
/// `relevance` y, any real numbers, in the papers probabilities. The weights are constants to the gradient; of equal
/// values the earlier candidate ranks first. O(N²).
/// \tparam Ranks row → the column τ: Liu 2024 (LiPO-λ) takes the model's ranks, Karthik 2024 (RankDPO, Eqs.
/// 5–7) those of the labels
template <class Ranks>
struct lambda_pairs {
  Ranks ranks{};
  logarithm log_base = logarithm::natural;  ///< of the discount

  static constexpr loss_traits traits{
      .candidates = rejected::several, .translation_invariant = true, .graded = true};
  static constexpr inputs needs = inputs::relevance;

  void check() const { detail::require_enumerator(log_base, logarithm::natural, "lambda_pairs", "log_base"); }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto y = row.relevance();
    auto gain = row.keep(expm1(row.number(ln2) * y));
    auto place =
        row.keep(discount(row, ranks(row)) * row.number(log_base == logarithm::binary ? 1 : 1 / ln2));
    auto pairs = row.logistic_pairs(row.rewards(), [=](auto i, auto j) {
      return better_first(i, j, y, abs(i(gain) - j(gain)) * abs(i(place) - j(place)));
    });
    return with_gradient{pairs.cost(), [=] { return pairs.slopes(); }};
  }
};

}  // namespace prefopt::losses
