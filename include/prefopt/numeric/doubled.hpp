#pragma once

#include <type_traits>

#include <prefopt/numeric/pack.hpp>
#include <prefopt/numeric/pack_math.hpp>

/// \file
/// Two packs that move together. A loss over a short row is a chain of operations, each waiting for the one before;
/// two rows of lanes side by side are two such chains, and what is done once per row is done half as often.

namespace prefopt {

template <class Mask>
struct doubled_mask {
  Mask low, high;

  doubled_mask() = default;
  doubled_mask(Mask first, Mask second) : low(first), high(second) {}
  doubled_mask(bool all) : low(all), high(all) {}

  friend doubled_mask operator&(doubled_mask a, doubled_mask b) { return {a.low & b.low, a.high & b.high}; }
  friend doubled_mask operator|(doubled_mask a, doubled_mask b) { return {a.low | b.low, a.high | b.high}; }
  friend doubled_mask operator!(doubled_mask a) { return {!a.low, !a.high}; }
};

/// \tparam Pack the pack of each half
template <class Pack>
struct doubled {
  using mask = doubled_mask<mask_t<Pack>>;
  Pack low, high;

  doubled() = default;
  doubled(Pack first, Pack second) : low(first), high(second) {}
  template <class Number>
    requires std::is_arithmetic_v<Number>
  doubled(Number value) : low(value), high(value) {}

  friend doubled operator+(doubled a, doubled b) { return {a.low + b.low, a.high + b.high}; }
  friend doubled operator-(doubled a, doubled b) { return {a.low - b.low, a.high - b.high}; }
  friend doubled operator*(doubled a, doubled b) { return {a.low * b.low, a.high * b.high}; }
  friend doubled operator/(doubled a, doubled b) { return {a.low / b.low, a.high / b.high}; }
  friend doubled operator-(doubled a) { return {-a.low, -a.high}; }
  friend mask operator<(doubled a, doubled b) { return {a.low < b.low, a.high < b.high}; }
  friend mask operator<=(doubled a, doubled b) { return {a.low <= b.low, a.high <= b.high}; }
  friend mask operator>(doubled a, doubled b) { return {a.low > b.low, a.high > b.high}; }
  friend mask operator>=(doubled a, doubled b) { return {a.low >= b.low, a.high >= b.high}; }
  friend mask operator==(doubled a, doubled b) { return {a.low == b.low, a.high == b.high}; }
  friend doubled select(mask m, doubled yes, doubled no) {
    return {select(m.low, yes.low, no.low), select(m.high, yes.high, no.high)};
  }
  friend doubled select(bool m, doubled yes, doubled no) { return m ? yes : no; }
  friend doubled multiply_add(doubled a, doubled b, doubled c) {
    return {multiply_add(a.low, b.low, c.low), multiply_add(a.high, b.high, c.high)};
  }
};

template <class Pack>
struct number_traits<doubled<Pack>> {
  using scalar = scalar_t<Pack>;
  using mask = doubled_mask<mask_t<Pack>>;
};

template <class Pack>
inline constexpr int lane_count<doubled<Pack>> = 2 * lane_count<Pack>;

template <class Mask>
bool any(doubled_mask<Mask> mask) {
  return any(mask.low | mask.high);
}
template <class Mask>
bool all(doubled_mask<Mask> mask) {
  return all(mask.low & mask.high);
}

template <class Pack>
[[gnu::always_inline]] inline doubled<Pack> max(doubled<Pack> a, std::type_identity_t<doubled<Pack>> b) {
  return {max(a.low, b.low), max(a.high, b.high)};
}
template <class Pack>
[[gnu::always_inline]] inline doubled<Pack> min(doubled<Pack> a, std::type_identity_t<doubled<Pack>> b) {
  return {min(a.low, b.low), min(a.high, b.high)};
}
template <class Pack>
[[gnu::always_inline]] inline doubled<Pack> abs(doubled<Pack> x) {
  return {abs(x.low), abs(x.high)};
}
template <class Pack>
[[gnu::always_inline]] inline doubled<Pack> minus_abs(doubled<Pack> x) {
  return {minus_abs(x.low), minus_abs(x.high)};
}
template <class Pack>
[[gnu::always_inline]] inline doubled<Pack> constant(doubled<Pack> x) {
  return x;
}
template <class Pack>
[[gnu::always_inline]] inline doubled<Pack> exp(doubled<Pack> x) {
  return {exp(x.low), exp(x.high)};
}
template <class Pack>
[[gnu::always_inline]] inline doubled<Pack> expm1(doubled<Pack> x) {
  return {expm1(x.low), expm1(x.high)};
}
template <class Pack>
[[gnu::always_inline]] inline doubled<Pack> log(doubled<Pack> x) {
  return {log(x.low), log(x.high)};
}
template <class Pack>
[[gnu::always_inline]] inline doubled<Pack> log1p(doubled<Pack> x) {
  return {log1p(x.low), log1p(x.high)};
}
template <class Pack>
[[gnu::always_inline]] inline doubled<Pack> log1p_unit(doubled<Pack> x) {
  return {log1p_unit(x.low), log1p_unit(x.high)};
}
template <class Pack>
[[gnu::always_inline]] inline doubled<Pack> reciprocal(doubled<Pack> x) {
  return {reciprocal(x.low), reciprocal(x.high)};
}

template <class Pack>
scalar_t<Pack> lane(const doubled<Pack>& x, int i) {
  return i < lane_count<Pack> ? lane(x.low, i) : lane(x.high, i - lane_count<Pack>);
}
template <class Pack>
void set_lane(doubled<Pack>& x, int i, scalar_t<Pack> value) {
  i < lane_count<Pack> ? set_lane(x.low, i, value) : set_lane(x.high, i - lane_count<Pack>, value);
}
template <class Mask>
bool lane(const doubled_mask<Mask>& mask, int i) {
  constexpr int half = static_cast<int>(sizeof mask.low / sizeof mask.low.bits[0]);
  return i < half ? lane(mask.low, i) : lane(mask.high, i - half);
}
template <class Mask>
void set_lane(doubled_mask<Mask>& mask, int i, bool value) {
  constexpr int half = static_cast<int>(sizeof mask.low / sizeof mask.low.bits[0]);
  i < half ? set_lane(mask.low, i, value) : set_lane(mask.high, i - half, value);
}

}  // namespace prefopt
