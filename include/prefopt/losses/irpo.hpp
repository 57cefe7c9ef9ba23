#pragma once

#include <limits>

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/gains.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// What becomes of a candidate's comparison with itself.
enum class irpo_self_term {
  excluded,  ///< it is left out, as in the paper
  code,      ///< it counts e^{−100 β} times, as in the official code: visible where β is small
};

/// In-context Ranking Preference Optimization (Wu 2025, official code): each place of a list against all others,
///
///     (1/N) Σ_i w_i softplus(L_i),   L_i = log( 1/(N − 1) Σ_{j ≠ i} e^{r_j − r_i} )
///
/// w by `weighting_id`: 0: (2^{y_i} − 1) / log2(1 + rank_i), 1: 1 / log2(1 + rank_i), 2: (2^{y_i} − 1) / rank_i, for the
/// batch's `relevance` y and its `order`, best first, which gives the ranks; absent: the columns' order. O(N).
struct irpo {
  int weighting_id = 0;
  irpo_self_term self_term = irpo_self_term::excluded;

  static constexpr loss_traits traits{
      .candidates = rejected::several, .translation_invariant = true, .ordered = true, .graded = true};
  static constexpr inputs needs = inputs::relevance;

  void check() const {
    detail::require(weighting_id >= 0 && weighting_id <= 2, "irpo", "weighting_id is ", weighting_id,
                    ", expected 0, 1 or 2");
    detail::require_enumerator(self_term, irpo_self_term::code, "irpo", "self_term");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto zero = row.number(0), one = row.number(1);
    auto r = row.rewards();
    auto count = one + row.count(row.rejected());
    auto log_own = self_term == irpo_self_term::code ? row.number(-100) * row.strength()
                                                     : row.number(-std::numeric_limits<double>::infinity());
    auto own = exp(log_own);

    // log Σ_{j ≠ i} e^{r_j}: the sum of all without i, unless i stands out alone; then a sum without the top.
    auto top = constant(row.max(r));
    auto at_top = row.keep(r >= top);
    auto alone = row.count(at_top) < row.number(2);
    auto leader = row.keep(at_top & alone);
    auto second = select(alone, constant(row.max(r, !at_top)), top);
    auto behind_leader = logaddexp(second + log(row.sum(select(leader, zero, exp(r - second)))),
                                   log_own + row.sum(select(leader, r, zero)));
    auto weight = row.keep(exp(r - top));
    auto without_own = row.keep(row.sum(weight) - weight * (one - own));
    auto others = select(leader, behind_leader, top + log(without_own));

    auto lead = row.keep(others - r - log(count - one));
    auto importance = row.keep(place_weight(row) / count);
    auto value = row.sum(importance * softplus(lead));
    return with_gradient{value, [=] {
                           auto pull = row.keep(importance * sigmoid(lead));
                           auto share = row.keep(select(leader, zero, pull / without_own));
                           auto all_shares = row.sum(share);
                           auto from_leader = row.sum(select(leader, pull, zero)) *
                                              exp(r - behind_leader + select(leader, log_own, zero));
                           return weight * (all_shares - share * (one - own)) + from_leader - pull;
                         }};
  }

 private:
  PREFOPT_ANYWHERE auto place_weight(auto row) const {
    auto gain = expm1(row.number(ln2) * row.relevance());
    auto rank = row.keep(1 + row.position());
    auto place = select(weighting_id == 2, 1 / rank, discount(row, rank));
    return select(weighting_id == 1, row.number(1), gain) * place;
  }
};

}  // namespace prefopt::losses
