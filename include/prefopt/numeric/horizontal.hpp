#pragma once

#include <utility>

#include <prefopt/numeric/pack.hpp>

/// \file
/// Reductions across the lanes of a pack: log2 Width steps, in an order that depends on nothing but the width.

namespace prefopt {
namespace detail {

#if !defined(__CUDACC__)  // whose front end loses the shuffle's `...`; its packs have one lane
template <class Scalar, int Width, class Combine, int... Lane>
auto combine_halves(pack<Scalar, Width> x, const Combine& combine, std::integer_sequence<int, Lane...>) {
  using half = pack<Scalar, Width / 2>;
  if constexpr (Width == 2)  // a vector of one is not what the others are
    return combine(half(x.lanes[0]), half(x.lanes[1]));
  else
    return combine(half{__builtin_shufflevector(x.lanes, x.lanes, Lane...)},
                   half{__builtin_shufflevector(x.lanes, x.lanes, (Lane + Width / 2)...)});
}
#endif

template <class Scalar, int Width, class Combine>
Scalar combine_lanes(pack<Scalar, Width> x, const Combine& combine) {
  if constexpr (Width == 1)
    return x.lanes;
  else
    return combine_lanes(combine_halves(x, combine, std::make_integer_sequence<int, Width / 2>()), combine);
}

}  // namespace detail

/// Σ of all lanes.
template <class Scalar, int Width>
Scalar horizontal_sum(pack<Scalar, Width> x) {
  return detail::combine_lanes(x, [](auto a, auto b) { return a + b; });
}

/// The largest lane; which of the others it is where some are NaN, is not specified.
template <class Scalar, int Width>
Scalar horizontal_max(pack<Scalar, Width> x) {
  return detail::combine_lanes(x, [](auto a, auto b) { return max(a, b); });
}

}  // namespace prefopt
