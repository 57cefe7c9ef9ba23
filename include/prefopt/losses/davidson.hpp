#pragma once

#include <prefopt/detail/pair_outcome.hpp>
#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// −log of the probability of what happened between two items, under Bradley–Terry with ties (Davidson 1970).
/// With the margin m = r_0 − r_1,
///
///     (P(0 wins), P(1 wins), P(tie)) = softmax(m / 2, −m / 2, log ν)
///
/// Whichever has the larger `relevance` has won; equal relevance is a tie. ν = 0 is Bradley–Terry, in which a tie is
/// impossible: it costs +inf.
struct davidson {
  double nu = 1;  ///< ν ≥ 0: the odds of a tie between equals against either's win

  static constexpr loss_traits traits{
      .candidates = rejected::one, .translation_invariant = true, .maps_and_reductions = true};
  static constexpr inputs needs = inputs::relevance;

  void check() const {
    detail::require(nu >= 0 && nu < 1e300, "davidson", "nu is ", nu,
                    ", expected a finite value of at least 0");
  }
  /// Everything relative to the stronger item, whose weight is then 1; the weaker one's is e^−|m|.
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto pair = detail::outcome_of(row);
    auto margin = pair.margin;
    auto won = pair.won, lost = pair.lost;
    auto distance = abs(margin);
    auto decay = exp(-distance * row.number(0.5));
    auto tied = row.number(nu) * decay, others = decay * decay + tied;  // weaker item and tie
    auto log_total = log1p(others);
    auto against_win = select(margin < row.number(0), distance, row.number(0)) + log_total;
    auto against_loss = select(margin > row.number(0), distance, row.number(0)) + log_total;
    auto tie = distance * row.number(0.5) + log_total - row.number(log(nu));
    auto value = select(won, against_win, select(lost, against_loss, tie));
    return with_gradient{value, [=] {
                           auto share = 1 / (1 + others);
                           auto weak = decay * decay * share, half_tied = tied * share * row.number(0.5);
                           auto ahead = margin > row.number(0);
                           auto down = -(half_tied + select(ahead, weak, share));  // −P(1) − P(tie) / 2
                           auto up = half_tied + select(ahead, share, weak);
                           auto apart = -expm1(-distance) * share * row.number(0.5);  // |P(0) − P(1)| / 2
                           auto slope = select(won, down, select(lost, up, select(ahead, apart, -apart)));
                           return select(row.is_preferred(), slope, -slope);
                         }};
  }
};

}  // namespace prefopt::losses
