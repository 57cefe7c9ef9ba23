#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <prefopt/detail/heap_sort.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/random_stream.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::detail {

/// Draws `count` examples without replacement, one after the other in proportion to the weights of those left: example
/// i runs with the key log w_i − log E_i, E_i exponential, and the largest keys win (Efraimidis & Spirakis 2006). The
/// same law as successive draws, without a sum that underflows. E_i comes from the words of (seed, step, i) and from
/// nothing else.
/// \param log_weights becomes 1 for the drawn and 0 for the others; NaN or −inf: never drawn. If fewer can be drawn
///        than `count`, all of them are.
/// O(n log n). Allocates only while its memory, one of the calling thread's own, grows.
inline void race(std::span<double> log_weights, index count, std::uint64_t seed, std::uint64_t step) {
  constexpr double never = -std::numeric_limits<double>::infinity();
  thread_local std::vector<double> ranked;
  for (std::size_t i = 0; i < log_weights.size(); ++i) {
    const double waited = -prefopt::log1p(-samplers::random_stream(seed, step, i).next_real());
    double& key = log_weights[i];
    key = key > never ? key - prefopt::log(waited) : never;
  }
  ranked.assign(log_weights.begin(), log_weights.end());
  heap_sort(std::span(ranked));
  const auto n = static_cast<index>(ranked.size());
  double last = never;
  index equal_to_last = 0;
  if (count < n) {
    last = ranked[static_cast<std::size_t>(n - count)];
    for (index i = n - count; i < n && ranked[static_cast<std::size_t>(i)] == last; ++i) ++equal_to_last;
  }
  for (double& key : log_weights) {
    const bool drawn = key > last || (key == last && last > never && equal_to_last-- > 0);
    key = drawn ? 1 : 0;
  }
}

}  // namespace prefopt::detail
