#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <prefopt/error.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt {
namespace detail {

/// P(at most `most` of the others have arrived), the arrival of j having the probability arrived[j].
inline double at_most(std::span<const double> arrived, std::size_t without, std::size_t most,
                      std::vector<double>& counts) {
  counts.assign(most + 1, 0.0);
  counts[0] = 1;
  for (std::size_t j = 0; j < arrived.size(); ++j) {
    if (j == without) continue;
    for (std::size_t c = most; c > 0; --c) counts[c] += (counts[c - 1] - counts[c]) * arrived[j];
    counts[0] *= 1 - arrived[j];
  }
  double sum = 0;
  for (const double p : counts) sum += p;
  return sum;
}

}  // namespace detail

namespace samplers {

/// The probability that a row of K successive draws without repetition holds an item, from the law of its first place:
/// with p the law, items arrive at exponential times with rates p, and the row holds the first K of them,
///
///     π_i = ∫ p_i e^(−p_i t) P(at most K − 1 others have arrived by t) dt.
///
/// law        [V], probabilities or any weights in their proportion; none negative
/// inclusion  [V], written; sums to K, or to the number of items that have a weight where that is less
/// Off by about 1e-11. Throws `invalid_argument` if sizes differ, a weight is negative or not finite, or count is
/// negative. O(n² K) for n items that have a weight, times 400 points of the integral.
inline void inclusion_probabilities(std::span<const double> law, index count, std::span<double> inclusion) {
  constexpr std::string_view where = "inclusion_probabilities";
  detail::require(inclusion.size() == law.size(), where, "inclusion is [", inclusion.size(), "], expected [",
                  law.size(), "] (the size of law)");
  detail::require(count >= 0, where, "count is ", count, ", expected at least 0");
  std::vector<std::size_t> items;
  double total = 0;
  for (std::size_t i = 0; i < law.size(); ++i) {
    detail::require(law[i] >= 0 && law[i] < detail::infinity, where, "law[", i, "] is ", law[i],
                    ", expected at least 0 and finite");
    inclusion[i] = 0;
    total += law[i];
    if (law[i] > 0) items.push_back(i);
  }
  const auto places = static_cast<std::size_t>(count);
  if (places >= items.size()) {
    for (const std::size_t i : items) inclusion[i] = 1;
    return;
  }
  if (places == 0) return;

  // t = e^(π/2 sinh x) makes the integrand fall off doubly exponentially at both ends.
  constexpr double half_pi = 1.5707963267948966, step = 1.0 / 40, end = 5;
  std::vector<double> arrived(items.size()), counts;
  for (double x = -end; x <= end; x += step) {
    const double rising = prefopt::exp(x), falling = 1 / rising;
    const double t = prefopt::exp(half_pi * (rising - falling) / 2);
    const double weight = step * half_pi * (rising + falling) / 2 * t;
    for (std::size_t j = 0; j < items.size(); ++j) arrived[j] = -prefopt::expm1(-law[items[j]] / total * t);
    for (std::size_t j = 0; j < items.size(); ++j)
      inclusion[items[j]] +=
          weight * law[items[j]] / total * (1 - arrived[j]) * detail::at_most(arrived, j, places - 1, counts);
  }
}

}  // namespace samplers
}  // namespace prefopt
