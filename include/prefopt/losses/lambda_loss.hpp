#pragma once

#include <limits>

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/gains.hpp>
#include <prefopt/losses/graded_weight.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// What a pair weighs in LambdaLoss, by allRank's names. G = (2^y − 1) / ideal DCG, D(τ) = log2(1 + τ), τ the current
/// ranks.
enum class weighting_scheme {
  none,                          ///< 1
  ndcgLoss1,                     ///< G_i / D(τ_i), of every ordered pair, i = j too
  ndcgLoss2,                     ///< |1 / D(q) − 1 / D(q + 1)| |G_i − G_j|, q = |τ_i − τ_j|
  ndcgLoss2PP,                   ///< mu · ndcgLoss2 + lambdaRank
  lambdaRank,                    ///< |1 / D(τ_i) − 1 / D(τ_j)| |G_i − G_j|
  rankNet,                       ///< 1
  rankNetWeightedByGTDiff,       ///< |y_i − y_j|
  rankNetWeightedByGTDiffPowed,  ///< |y_i² − y_j²|
};

enum class pair_reduction { sum, mean };

/// LambdaLoss (Wang 2018): Σ w_ij · −log σ(σ₀ (r_i − r_j)) over the pairs with y_i > y_j that both rank among the first
/// k, for the batch's `relevance` y. The weights depend on the ranks, which are constants to the gradient; of equal
/// rewards the earlier candidate ranks first. O(N²).
struct lambda_loss {
  losses::weighting_scheme weighting_scheme = losses::weighting_scheme::lambdaRank;
  index k = std::numeric_limits<index>::max();  ///< ranks that count, in the ideal DCG too
  double sigma = 1;                             ///< σ₀
  double mu = 10;                               ///< of ndcgLoss2PP
  logarithm log_base = logarithm::binary;       ///< of log σ
  pair_reduction reduction = pair_reduction::sum;

  static constexpr loss_traits traits{
      .candidates = rejected::none, .translation_invariant = true, .graded = true};
  static constexpr inputs needs = inputs::relevance;

  void check() const {
    constexpr const char* here = "lambda_loss";
    detail::require_enumerator(weighting_scheme, losses::weighting_scheme::rankNetWeightedByGTDiffPowed, here,
                               "weighting_scheme");
    detail::require(k >= 1, here, "k is ", k, ", expected at least 1");
    detail::require(sigma > 0 && sigma - sigma == 0, here, "sigma is ", sigma,
                    ", expected a finite value above 0");
    detail::require(mu >= 0 && mu - mu == 0, here, "mu is ", mu, ", expected a finite value of at least 0");
    detail::require_enumerator(log_base, logarithm::natural, here, "log_base");
    detail::require_enumerator(reduction, pair_reduction::mean, here, "reduction");
  }

  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto ideal = gains_of_grades(row, static_cast<double>(k));
    auto r = row.rewards();
    auto rank = row.rank(r);
    auto within = row.keep(rank <= row.number(static_cast<double>(k)));
    auto gain = row.keep(ideal.gains * ideal.per_dcg());
    auto place = row.keep(discount(row, rank));
    auto y = row.relevance();
    const bool both_ways = weighting_scheme == weighting_scheme::ndcgLoss1;

    auto none = row.number(0);
    using number = decltype(none);
    auto pairs = row.logistic_pairs(
        row.number(sigma) * r, [=, scheme = weighting_scheme, mu = row.number(mu)](auto i, auto j) {
          auto counts = i(within) & j(within);
          if (both_ways)
            return pair_values<number>{select(counts, i(gain) * i(place), none),
                                       select(counts, j(gain) * j(place), none)};
          const number weight = pair_weight(scheme, mu, i, j, gain, place, rank, y);
          return better_first(i, j, y, select(counts, weight, none));
        });
    const number of_itself =
        both_ways ? number(row.sum(select(within, gain * place, none)) * row.number(ln2)) : none;
    const number scale = row.number(log_base == logarithm::binary ? 1 / ln2 : 1) / pair_count(row, within, y);
    return with_gradient{scale * (pairs.cost() + of_itself),
                         [=, sigma = row.number(sigma)] { return (scale * sigma) * pairs.slopes(); }};
  }

 private:
  /// w_ij = w_ji, of a pair whose grades differ.
  PREFOPT_ANYWHERE static auto pair_weight(losses::weighting_scheme scheme, const auto& mu, auto i, auto j,
                                           const auto& gain, const auto& place, const auto& rank,
                                           const auto& y) {
    using losses::weighting_scheme;
    using number = decltype(i(gain) - j(gain));
    auto difference = [&](const auto& column) { return abs(i(column) - j(column)); };
    // 1 / log(1 + q) − 1 / log(2 + q), without cancellation
    auto gap = [&] {
      const number near = log(1 + difference(rank)), far = log(2 + difference(rank));
      return number(scalar_t<number>(ln2)) * log1p(1 / (1 + difference(rank))) / (near * far);
    };
    switch (scheme) {
      case weighting_scheme::ndcgLoss2:
        return gap() * difference(gain);
      case weighting_scheme::ndcgLoss2PP:
        return (mu * gap() + difference(place)) * difference(gain);
      case weighting_scheme::lambdaRank:
        return difference(place) * difference(gain);
      case weighting_scheme::rankNetWeightedByGTDiff:
        return difference(y);
      case weighting_scheme::rankNetWeightedByGTDiffPowed:
        return difference(y) * abs(i(y) + j(y));
      default:
        return number(1);
    }
  }
  /// What `reduction` divides by.
  PREFOPT_ANYWHERE auto pair_count(auto row, const auto& within, const auto& y) const {
    if (reduction == pair_reduction::sum) return row.number(1);
    auto none = row.number(0), one = row.number(1);
    using number = decltype(none);
    const number members = row.sum(select(within, one, none));
    const number graded = row.pair_sum([=](auto i, auto j) {
      auto differ = (i(y) > j(y)) | (j(y) > i(y));
      return select(differ & i(within) & j(within), one, none);
    });
    const number count = weighting_scheme == losses::weighting_scheme::ndcgLoss1 ? members * members : graded;
    return select(count > none, count, one);
  }
};

}  // namespace prefopt::losses
