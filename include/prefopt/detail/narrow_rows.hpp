#pragma once

#include <bit>
#include <cstdint>

#include <prefopt/numeric/narrow.hpp>
#include <prefopt/numeric/pack.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// Rows of narrow numbers into floats and back, those of prefopt's own a pack at a time.

namespace prefopt::detail {

/// How many numbers are converted at a time.
template <class Stored>
inline constexpr index narrow_lanes = 1;

#if !defined(__CUDACC__)  // whose front end does not know the conversion
template <class Stored>
  requires requires(std::uint32_t word) { Stored::template encode<float>(word); }
inline constexpr index narrow_lanes<Stored> = lane_count<native_pack<float>>;

typedef std::uint16_t narrow_words __attribute__((vector_size(2 * lane_count<native_pack<float>>)));
typedef std::uint32_t wide_words __attribute__((vector_size(4 * lane_count<native_pack<float>>)));
typedef float wide_floats __attribute__((vector_size(4 * lane_count<native_pack<float>>)));

template <class Stored>
[[gnu::always_inline]] inline void widen_pack(const Stored* from, float* to) {
  narrow_words bits;
  __builtin_memcpy(&bits, from, sizeof bits);
  const wide_words word = Stored::template decode<wide_floats>(__builtin_convertvector(bits, wide_words));
  __builtin_memcpy(to, &word, sizeof word);
}
template <class Stored>
[[gnu::always_inline]] inline void narrow_pack(const float* from, float scale, Stored* to) {
  wide_floats numbers;
  __builtin_memcpy(&numbers, from, sizeof numbers);
  const auto word = std::bit_cast<wide_words>(numbers * scale);
  const narrow_words bits = __builtin_convertvector(Stored::template encode<wide_floats>(word), narrow_words);
  __builtin_memcpy(static_cast<void*>(to), &bits, sizeof bits);
}
#endif

/// to_k = from_k
template <class Stored>
void widen_row(const Stored* from, index n, float* to) {
  index k = 0;
  if constexpr (narrow_lanes<Stored> > 1)
    for (; k + narrow_lanes<Stored> <= n; k += narrow_lanes<Stored>) widen_pack(from + k, to + k);
  for (; k < n; ++k) to[k] = static_cast<float>(from[k]);
}
/// to_k = scale · from_k, rounded
template <class Stored>
void narrow_row(const float* from, float scale, index n, Stored* to) {
  index k = 0;
  if constexpr (narrow_lanes<Stored> > 1)
    for (; k + narrow_lanes<Stored> <= n; k += narrow_lanes<Stored>) narrow_pack(from + k, scale, to + k);
  for (; k < n; ++k) to[k] = static_cast<Stored>(scale * from[k]);
}

}  // namespace prefopt::detail
