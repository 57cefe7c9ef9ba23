#pragma once

#include <utility>

#include <prefopt/numeric/pack.hpp>

/// \file
/// Rows of memory into lanes and back: W examples of W contiguous scores become W packs of one score each.

namespace prefopt::detail {

/// 0, 1, 2, ...
template <class T>
T lane_numbers() {
  T numbers(0);
  for (int i = 0; i < lane_count<T>; ++i) set_lane(numbers, i, static_cast<scalar_t<T>>(i));
  return numbers;
}

template <class Scalar, int Width>
pack<Scalar, Width> load_pack(const Scalar* from) {
  pack<Scalar, Width> x;
  __builtin_memcpy(&x, from, sizeof x);
  return x;
}
template <class Scalar, int Width>
void store_pack(const pack<Scalar, Width>& x, Scalar* to) {
  __builtin_memcpy(to, &x, sizeof x);
}

/// f(0), ..., f(N − 1) as constants of the compiler.
template <int N, class Function>
[[gnu::always_inline]] inline void unroll(const Function& f) {
  [&]<int... Index>(std::integer_sequence<int, Index...>) __attribute__((always_inline)) {
    (f(std::integral_constant<int, Index>{}), ...);
  }
  (std::make_integer_sequence<int, N>{});
}
#if !defined(__CUDACC__)  // nvcc's front end does not know the shuffles
/// Exchanges the off-diagonal blocks of size `Step` between two rows.
template <int Step, class Scalar, int Width, int... Lane>
[[gnu::always_inline]] inline void exchange(pack<Scalar, Width>& upper, pack<Scalar, Width>& lower,
                                            std::integer_sequence<int, Lane...>) {
  const auto a = upper.lanes, b = lower.lanes;
  upper = {__builtin_shufflevector(a, b, ((Lane & Step) != 0 ? Width + Lane - Step : Lane)...)};
  lower = {__builtin_shufflevector(a, b, ((Lane & Step) != 0 ? Width + Lane : Lane + Step)...)};
}

/// Transposes a square of `Width` packs in place, log2(Width) exchanges for each of them.
template <int Step = 1, class Scalar, int Width>
[[gnu::always_inline]] inline void transpose(pack<Scalar, Width> (&rows)[Width]) {
  if constexpr (Step < Width) {
    for (int i = 0; i < Width; ++i)
      if ((i & Step) == 0) exchange<Step>(rows[i], rows[i + Step], std::make_integer_sequence<int, Width>{});
    transpose<2 * Step>(rows);
  }
}

/// The even and the odd lanes of two neighbouring packs, each as one pack; and back.
template <class Scalar, int Width, int... Lane>
[[gnu::always_inline]] inline void split_pairs(pack<Scalar, Width>& a, pack<Scalar, Width>& b,
                                               std::integer_sequence<int, Lane...>) {
  const auto x = a.lanes, y = b.lanes;
  a = {__builtin_shufflevector(x, y, (2 * Lane)...)};
  b = {__builtin_shufflevector(x, y, (2 * Lane + 1)...)};
}
template <class Scalar, int Width, int... Lane>
[[gnu::always_inline]] inline void join_pairs(pack<Scalar, Width>& a, pack<Scalar, Width>& b,
                                              std::integer_sequence<int, Lane...>) {
  const auto x = a.lanes, y = b.lanes;
  a = {__builtin_shufflevector(x, y, (Lane / 2 + (Lane % 2) * Width)...)};
  b = {__builtin_shufflevector(x, y, (Width / 2 + Lane / 2 + (Lane % 2) * Width)...)};
}
#endif
}  // namespace prefopt::detail
