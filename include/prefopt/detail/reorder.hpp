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

/// to_k = row_{order_k}, k < n, of a row of at least a pack.
/// \param row  k → its numbers from k on, as many as a pack has
/// \param copy room for the row, where registers have none
template <class T, class Row>
[[gnu::always_inline]] inline void reorder(const Row& row, const std::int32_t* order, index n,
                                           scalar_t<T>* copy, scalar_t<T>* to) {
  using machine = instructions<scalar_t<T>, lane_count<T>>;
  constexpr index lanes = lane_count<T>;
  const auto each_pack = [n](const auto& visit) __attribute__((always_inline)) {
    for (index first = 0; first < n; first += lanes) visit(first + lanes <= n ? first : n - lanes);
  };
  if constexpr (looks_up<machine>) {
    if (n <= 4 * lanes) {
      // The table's last pack is that of the row's end: its numbers lie some places further on.
      const index last = (n - 1) / lanes * lanes;
      const auto table = [&](index k) __attribute__((always_inline)) {
        return row(k < last ? k : n - lanes).lanes;
      };
      const auto a = table(0), b = table(lanes), c = table(2 * lanes), d = table(3 * lanes);
      const auto from = static_cast<std::int32_t>(last),
                 further = static_cast<std::int32_t>(last + lanes - n);
      each_pack([&](index k) __attribute__((always_inline)) {
        typename machine::integers places;
        __builtin_memcpy(&places, order + k, sizeof places);
        places += places < from ? 0 : further;
        const auto low = machine::look_up(a, b, places), high = machine::look_up(c, d, places);
        store_pack(T(places < 2 * static_cast<std::int32_t>(lanes) ? low : high), to + k);
      });
      return;
    }
  }
  each_pack([&](index k) __attribute__((always_inline)) { store_pack(row(k), copy + k); });
  for (index k = 0; k < n; ++k) to[k] = copy[order[k]];
}

}  // namespace prefopt::detail
