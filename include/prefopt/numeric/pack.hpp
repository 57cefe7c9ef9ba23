#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <prefopt/host_device.hpp>
#include <prefopt/numeric/detail/instructions.hpp>
#include <prefopt/numeric/scalar.hpp>

/// \file
/// A pack of lanes: `Width` scalars that move together, on the compiler's own vector types (g++ and clang,
/// every instruction set from this one source). Lane = example: what a loss does to a number it does to a
/// pack.

namespace prefopt {

namespace detail {

/// Widest vector registers that the flags of this translation unit promise, in bytes.
#if defined(__CUDACC__)
inline constexpr int vector_bytes = 0;  // nvcc's front end does not know the instructions
#elif defined(__AVX512F__)
inline constexpr int vector_bytes = 64;
#elif defined(__AVX__)
inline constexpr int vector_bytes = 32;
#elif defined(__GNUC__)
inline constexpr int vector_bytes = 16;
#else
inline constexpr int vector_bytes = 0;  // no vector types: every pack is a plain number
#endif

}  // namespace detail

/// The lanes for which something holds. Each lane is all ones or all zeros.
template <class Scalar, int Width>
struct pack_mask {
  typedef detail::integer_like<Scalar> native __attribute__((vector_size(Width * sizeof(Scalar))));
  native bits;

  pack_mask() = default;
  pack_mask(native lanes) : bits(lanes) {}
  pack_mask(bool all) : bits(native{} - static_cast<detail::integer_like<Scalar>>(all)) {}

  friend pack_mask operator&(pack_mask a, pack_mask b) { return {a.bits & b.bits}; }
  friend pack_mask operator|(pack_mask a, pack_mask b) { return {a.bits | b.bits}; }
  friend pack_mask operator!(pack_mask a) { return {~a.bits}; }
};

template <class Scalar, int Width>
struct pack {
  typedef Scalar native __attribute__((vector_size(Width * sizeof(Scalar))));
  using mask = pack_mask<Scalar, Width>;
  native lanes;

  pack() = default;
  pack(native values) : lanes(values) {}
  /// The same value in every lane, so that `1 - x` and `row.number(beta) * x` read as on paper.
  template <class Number>
    requires std::is_arithmetic_v<Number>
  pack(Number value) : lanes(static_cast<Scalar>(value) - native{}) {}

  friend pack operator+(pack a, pack b) { return {a.lanes + b.lanes}; }
  friend pack operator-(pack a, pack b) { return {a.lanes - b.lanes}; }
  friend pack operator*(pack a, pack b) { return {a.lanes * b.lanes}; }
  friend pack operator/(pack a, pack b) { return {a.lanes / b.lanes}; }
  friend pack operator-(pack a) { return {-a.lanes}; }
  friend mask operator<(pack a, pack b) { return {a.lanes < b.lanes}; }
  friend mask operator<=(pack a, pack b) { return {a.lanes <= b.lanes}; }
  friend mask operator>(pack a, pack b) { return {a.lanes > b.lanes}; }
  friend mask operator>=(pack a, pack b) { return {a.lanes >= b.lanes}; }
  friend mask operator==(pack a, pack b) { return {a.lanes == b.lanes}; }
  friend pack select(mask m, pack yes, pack no) { return {m.bits ? yes.lanes : no.lanes}; }
  /// A mask that is the same for all lanes.
  friend pack select(bool m, pack yes, pack no) { return m ? yes : no; }
  friend pack multiply_add(pack a, pack b, pack c) { return {a.lanes * b.lanes + c.lanes}; }
};

/// One lane: a plain scalar that behaves as the wider packs do (literals take its type, masks are a type of
/// their own). Rows are made of packs even where the compiler has no vectors, and for `long double`.
template <class Scalar>
struct pack_mask<Scalar, 1> {
  bool bits;

  pack_mask() = default;
  PREFOPT_ANYWHERE constexpr pack_mask(bool all) : bits(all) {}

  PREFOPT_ANYWHERE friend constexpr pack_mask operator&(pack_mask a, pack_mask b) { return a.bits && b.bits; }
  PREFOPT_ANYWHERE friend constexpr pack_mask operator|(pack_mask a, pack_mask b) { return a.bits || b.bits; }
  PREFOPT_ANYWHERE friend constexpr pack_mask operator!(pack_mask a) { return !a.bits; }
};

template <class Scalar>
struct pack<Scalar, 1> {
  using mask = pack_mask<Scalar, 1>;
  Scalar lanes;

  pack() = default;
  template <class Number>
    requires std::is_arithmetic_v<Number>
  PREFOPT_HOST_DEVICE constexpr pack(Number value) : lanes(static_cast<Scalar>(value)) {}

  PREFOPT_ANYWHERE friend constexpr pack operator+(pack a, pack b) { return a.lanes + b.lanes; }
  PREFOPT_ANYWHERE friend constexpr pack operator-(pack a, pack b) { return a.lanes - b.lanes; }
  PREFOPT_ANYWHERE friend constexpr pack operator*(pack a, pack b) { return a.lanes * b.lanes; }
  PREFOPT_ANYWHERE friend constexpr pack operator/(pack a, pack b) { return a.lanes / b.lanes; }
  PREFOPT_ANYWHERE friend constexpr pack operator-(pack a) { return -a.lanes; }
  PREFOPT_ANYWHERE friend constexpr mask operator<(pack a, pack b) { return a.lanes < b.lanes; }
  PREFOPT_ANYWHERE friend constexpr mask operator<=(pack a, pack b) { return a.lanes <= b.lanes; }
  PREFOPT_ANYWHERE friend constexpr mask operator>(pack a, pack b) { return a.lanes > b.lanes; }
  PREFOPT_ANYWHERE friend constexpr mask operator>=(pack a, pack b) { return a.lanes >= b.lanes; }
  PREFOPT_ANYWHERE friend constexpr mask operator==(pack a, pack b) { return a.lanes == b.lanes; }
  PREFOPT_ANYWHERE friend constexpr pack select(mask m, pack yes, pack no) { return m.bits ? yes : no; }
  PREFOPT_ANYWHERE friend constexpr pack select(bool m, pack yes, pack no) { return m ? yes : no; }
  PREFOPT_ANYWHERE friend constexpr pack multiply_add(pack a, pack b, pack c) {
    return a.lanes * b.lanes + c.lanes;
  }
};

template <class Scalar, int Width>
struct number_traits<pack<Scalar, Width>> {
  using scalar = Scalar;
  using mask = pack_mask<Scalar, Width>;
};

template <class Scalar, int Width>
inline constexpr int lane_count<pack<Scalar, Width>> = Width;

/// The pack that fills one register; a single lane where there is no such register.
template <class Scalar>
using native_pack = pack<Scalar, std::is_same_v<Scalar, long double> ||
                                         (detail::vector_bytes <= static_cast<int>(sizeof(Scalar)))
                                     ? 1
                                     : detail::vector_bytes / static_cast<int>(sizeof(Scalar))>;

template <class Scalar, int Width>
PREFOPT_HOST_DEVICE pack<Scalar, Width> constant(pack<Scalar, Width> x) {
  return x;
}

template <class Scalar, int Width>
bool any(pack_mask<Scalar, Width> mask) {
  return detail::instructions<Scalar, Width>::any(mask.bits);
}

template <class Scalar>
PREFOPT_HOST_DEVICE constexpr bool any(pack_mask<Scalar, 1> mask) {
  return mask.bits;
}

template <class Scalar, int Width>
PREFOPT_HOST_DEVICE constexpr bool all(pack_mask<Scalar, Width> mask) {
  return !any(!mask);
}

/// As `prefopt/numeric.hpp` has them, in one instruction each.
template <class Scalar, int Width>
PREFOPT_HOST_DEVICE pack<Scalar, Width> max(pack<Scalar, Width> a,
                                            std::type_identity_t<pack<Scalar, Width>> b) {
  if constexpr (Width == 1)
    return select(a < b, b, a);
  else
    return {detail::instructions<Scalar, Width>::larger(a.lanes, b.lanes)};
}
template <class Scalar, int Width>
PREFOPT_HOST_DEVICE pack<Scalar, Width> min(pack<Scalar, Width> a,
                                            std::type_identity_t<pack<Scalar, Width>> b) {
  if constexpr (Width == 1)
    return select(b < a, b, a);
  else
    return {detail::instructions<Scalar, Width>::smaller(a.lanes, b.lanes)};
}
template <class Scalar, int Width>
PREFOPT_HOST_DEVICE pack<Scalar, Width> abs(pack<Scalar, Width> x) {
  if constexpr (Width == 1) {
    return select(x < 0, -x, x);
  } else {
    using native = typename pack<Scalar, Width>::native;
    constexpr auto magnitude = std::numeric_limits<detail::integer_like<Scalar>>::max();
    return {
        std::bit_cast<native>(std::bit_cast<typename pack_mask<Scalar, Width>::native>(x.lanes) & magnitude)};
  }
}
/// −|x|
template <class Scalar, int Width>
  requires(Width > 1)
pack<Scalar, Width> minus_abs(pack<Scalar, Width> x) {
  using native = typename pack<Scalar, Width>::native;
  constexpr auto sign = std::numeric_limits<detail::integer_like<Scalar>>::min();
  return {std::bit_cast<native>(std::bit_cast<typename pack_mask<Scalar, Width>::native>(x.lanes) | sign)};
}

template <class Scalar>
PREFOPT_HOST_DEVICE constexpr Scalar lane(pack<Scalar, 1> x, int) {
  return x.lanes;
}
template <class Scalar>
PREFOPT_HOST_DEVICE constexpr void set_lane(pack<Scalar, 1>& x, int, std::type_identity_t<Scalar> value) {
  x.lanes = value;
}
template <class Scalar>
PREFOPT_HOST_DEVICE constexpr bool lane(pack_mask<Scalar, 1> mask, int) {
  return mask.bits;
}
template <class Scalar>
PREFOPT_HOST_DEVICE constexpr void set_lane(pack_mask<Scalar, 1>& mask, int, bool value) {
  mask.bits = value;
}

// Through memory: a lane is a scalar load or store where the pack lies in an array, whatever the compiler
// makes of indexing a vector.
template <class Scalar, int Width>
Scalar lane(const pack<Scalar, Width>& x, int i) {
  Scalar value;
  __builtin_memcpy(&value, reinterpret_cast<const char*>(&x) + static_cast<std::size_t>(i) * sizeof value,
                   sizeof value);
  return value;
}
template <class Scalar, int Width>
void set_lane(pack<Scalar, Width>& x, int i, std::type_identity_t<Scalar> value) {
  __builtin_memcpy(reinterpret_cast<char*>(&x) + static_cast<std::size_t>(i) * sizeof value, &value,
                   sizeof value);
}
template <class Scalar, int Width>
bool lane(const pack_mask<Scalar, Width>& mask, int i) {
  return mask.bits[i] != 0;
}
template <class Scalar, int Width>
void set_lane(pack_mask<Scalar, Width>& mask, int i, bool value) {
  const auto bits = -static_cast<detail::integer_like<Scalar>>(value);
  __builtin_memcpy(reinterpret_cast<char*>(&mask) + static_cast<std::size_t>(i) * sizeof bits, &bits,
                   sizeof bits);
}

}  // namespace prefopt
