#pragma once

#include <cstdint>

#include <prefopt/detail/transpose.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::detail {

/// Whether registers can serve as a table, in which a pack of places is looked up at once.
template <class Machine>
concept looks_up = requires(typename Machine::numbers table, typename Machine::integers places) {
  Machine::look_up(table, table, places);
};

/// `reorder` may read this many scalars from where a row begins.
template <class T>
inline constexpr index reorder_reach =
    looks_up<instructions<scalar_t<T>, lane_count<T>>> ? 4 * lane_count<T> : 0;

/// to_k = from_{order_k}, k < n.
template <class T>
void reorder(const scalar_t<T>* from, const std::int32_t* order, index n, scalar_t<T>* to) {
  using machine = instructions<scalar_t<T>, lane_count<T>>;
  if constexpr (looks_up<machine>) {
    constexpr index lanes = lane_count<T>;
    if (n >= lanes && n <= reorder_reach<T>) {
      const auto table = [&](index i) { return load_pack<scalar_t<T>, lanes>(from + i * lanes).lanes; };
      const auto a = table(0), b = table(1), c = table(2), d = table(3);
      for (index first = 0; first < n; first += lanes) {
        const index k = first + lanes <= n ? first : n - lanes;
        typename machine::integers places;
        __builtin_memcpy(&places, order + k, sizeof places);
        const auto low = machine::look_up(a, b, places), high = machine::look_up(c, d, places);
        store_pack(T(places < 2 * static_cast<std::int32_t>(lanes) ? low : high), to + k);
      }
      return;
    }
  }
  for (index k = 0; k < n; ++k) to[k] = from[order[k]];
}

}  // namespace prefopt::detail
