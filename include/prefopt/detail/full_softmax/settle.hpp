#pragma once

#include <prefopt/detail/full_softmax/group.hpp>
#include <prefopt/numeric/scalar.hpp>

/// \file
/// Between the passes: what the sums over the catalogue make of each example.

namespace prefopt::detail {

struct settled_example {
  double loss;          ///< log Σ e^score − the target's score
  double top;           ///< largest score
  double total;         ///< Σ e^(score − top)
  double target_slope;  ///< p − 1 of the target
};

/// `rival` is the largest score but the target's, `others` is Σ e^(score − rival) over all items but the
/// target. Where the target leads, 1 − p would cancel and log(total) round to 0; these forms, those of
/// losses/softmax.hpp, keep every digit.
inline settled_example settle(double target, double rival, double others) {
  const bool leads = target >= rival;
  if (leads) others *= prefopt::exp(rival - target);
  const double preferred = leads ? 1 : prefopt::exp(target - rival);
  const double total = preferred + others;
  return {.loss = leads ? prefopt::log1p(others) : prefopt::log(total) + (rival - target),
          .top = leads ? target : rival,
          .total = total,
          .target_slope = -others / total};
}

/// Writes and adds up the losses of a group, and what its second pass needs to know. Throws
/// `invalid_argument` for scores that are not finite, unless they are to be skipped or propagate.
template <class T>
void settle_group(full_softmax_group<T>& group, full_softmax_memory<scalar_t<T>>& memory,
                  full_softmax_result& result) {
  using scalar = scalar_t<T>;
  const full_softmax_plan<scalar>& plan = group.plan;
  // Lanes without an example: scores and slopes of 0.
  scalar* const tops = memory.examples.tops.take(group.queries.padded_count(), 0);
  scalar* const factors = memory.examples.factors.take(group.queries.padded_count(), 0);
  scalar* const target_slopes = memory.examples.target_slopes.take(group.queries.padded_count());
  for (index b = 0; b < group.queries.count(); ++b) {
    const index row = group.first_example + b;
    const scalar target = memory.examples.target_scores.data()[b], rival = memory.total.tops.data()[b];
    settled_example example = settle(target, rival, memory.total.sums.data()[b]);
    double weight = plan.weight(row);
    if (plan.non_finite == non_finite::propagate || (is_finite(target) && is_finite(example.loss))) {
      ++result.examples;
      result.accuracy += target > rival;
    } else {
      require(plan.non_finite == non_finite::skip, in_full_softmax, "the scores of queries[", row,
              "] overflow, expected finite products with the catalogue");
      group.queries.silence(b);
      example = {.loss = 0, .top = 0, .total = 1, .target_slope = 0};
      weight = 0;
      ++result.skipped;
    }
    const double scale = weight * plan.gradient_scale;
    tops[b] = static_cast<scalar>(example.top);
    factors[b] = static_cast<scalar>(scale / example.total);
    target_slopes[b] = static_cast<scalar>(scale * example.target_slope);
    result.loss += weight * example.loss;
    if (plan.losses.data != nullptr) plan.losses(row, 0) = static_cast<scalar>(weight * example.loss);
  }
}

}  // namespace prefopt::detail
