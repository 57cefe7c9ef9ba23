#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include <prefopt/numeric/pack.hpp>

/// \file
/// Scores as whole numbers of the same order, so that what is compared is the same on every machine.

namespace prefopt::detail {

using score_key = std::int32_t;

/// Ascends with the score; −0 and 0 are one. Not for NaN.
inline score_key key_of(float score) {
  const auto bits = std::bit_cast<std::int32_t>(score + 0.0f);
  return bits ^ (bits >> 31 & 0x7fffffff);
}
/// The keys of a pack. A template, for the compiler whose only packs are of one lane.
template <class Packed>
pack<score_key, lane_count<Packed>> keys_of(const Packed& scores) {
  if constexpr (lane_count<Packed> == 1) {
    return key_of(lane(scores, 0));
  } else {
    using native = typename pack<score_key, lane_count<Packed>>::native;
    const auto bits = std::bit_cast<native>((scores + Packed(0.0f)).lanes);
    return {bits ^ (bits >> 31 & 0x7fffffff)};
  }
}
inline float score_from(score_key key) { return std::bit_cast<float>(key ^ (key >> 31 & 0x7fffffff)); }

/// An item that scores no more than this, or NaN, is no candidate.
inline constexpr float no_candidate = -std::numeric_limits<float>::infinity();

/// Units of a logarithm to the base 2 in a key of noise.
inline constexpr int noise_bits = 24;
using noise_key = std::int64_t;

/// score / T in such units, T given as log2(e) / T. What exceeds 2^36 counts as that: infinities, too.
inline noise_key log_weight(float score, double rate) {
  constexpr double most = 0x1p36;
  const double exponent = static_cast<double>(score) * rate;
  const double bounded = exponent > most ? most : exponent < -most ? -most : exponent;
  return static_cast<noise_key>(bounded * (1 << noise_bits));
}
/// log2(e) / T, at most 2^100: then no product with a float overflows, and a temperature of nearly 0 picks the largest.
inline double log_weight_rate(double temperature) {
  const double rate = 1.4426950408889634 / temperature;
  return rate < 0x1p100 ? rate : 0x1p100;
}

}  // namespace prefopt::detail
