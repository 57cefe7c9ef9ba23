#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/detail/narrow_rows.hpp>
#include <prefopt/numeric/bfloat16.hpp>
#include <prefopt/numeric/half.hpp>

/// \file
/// The numbers of 16 bits: what their bits mean, how floats are rounded to them, and that packs of them do the same.

using prefopt::bfloat16;
using prefopt::half;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

static_assert(prefopt::narrow_number<bfloat16> && prefopt::narrow_number<half>);
static_assert(!prefopt::narrow_number<float> && !prefopt::narrow_number<std::int16_t>);

template <class Stored>
Stored of_bits(std::uint32_t bits) {
  Stored x;
  x.bits = static_cast<std::uint16_t>(bits);
  return x;
}
template <class Stored>
float rounded(float value) {
  return static_cast<float>(Stored(value));
}

/// What the standard says of binary16's bits, of the sign apart.
float meaning(std::uint32_t bits) {
  const int exponent = static_cast<int>(bits >> 10), significand = static_cast<int>(bits & 1023);
  if (exponent == 31) return significand == 0 ? infinity : std::numeric_limits<float>::quiet_NaN();
  if (exponent == 0) return std::ldexp(static_cast<float>(significand), -24);
  return std::ldexp(static_cast<float>(1024 + significand), exponent - 25);
}

}  // namespace

TEST_CASE_TEMPLATE("every narrow number comes back from float as it was", Stored, bfloat16, half) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const auto x = of_bits<Stored>(bits);
    const float value = static_cast<float>(x);
    if (std::isnan(value))
      REQUIRE(std::isnan(rounded<Stored>(value)));
    else
      REQUIRE(Stored(value).bits == x.bits);
  }
}

TEST_CASE("the bits of a half mean what IEEE 754 says") {
  for (std::uint32_t bits = 0; bits < 32768; ++bits) {
    const float expected = meaning(bits), positive = static_cast<float>(of_bits<half>(bits)),
                negative = static_cast<float>(of_bits<half>(bits | 32768));
    if (std::isnan(expected)) {
      REQUIRE(std::isnan(positive));
      REQUIRE(std::isnan(negative));
    } else {
      REQUIRE(positive == expected);
      REQUIRE(negative == -expected);
      REQUIRE(std::signbit(negative));
    }
  }
}

TEST_CASE("a float is rounded to the nearest bfloat16, a tie to the even one") {
  CHECK(rounded<bfloat16>(1.0f) == 1.0f);
  CHECK(rounded<bfloat16>(1.0f + 0x1p-8f) == 1.0f);
  CHECK(rounded<bfloat16>(1.0f + 0x1.8p-8f) == 1.0f + 0x1p-7f);
  CHECK(rounded<bfloat16>(1.0f + 0x1.8p-7f) == 1.0f + 0x1p-6f);
  CHECK(rounded<bfloat16>(-0x1.010002p-9f) == -0x1.02p-9f);
  CHECK(rounded<bfloat16>(std::numeric_limits<float>::max()) == infinity);
  CHECK(std::isnan(rounded<bfloat16>(std::bit_cast<float>(0x7f800001))));
}

TEST_CASE("a float is rounded to the nearest half, a tie to the even one") {
  // Half way between two neighbours, and a little to either side of it: from 0 to the largest number.
  for (std::uint32_t bits = 0; bits < 0x7bff; ++bits) {
    const float below = meaning(bits), above = meaning(bits + 1), middle = (below + above) / 2;
    REQUIRE(half(middle).bits == (bits % 2 == 0 ? bits : bits + 1));
    REQUIRE(half(std::nextafter(middle, 0.0f)).bits == bits);
    REQUIRE(half(std::nextafter(middle, infinity)).bits == bits + 1);
  }
  CHECK(rounded<half>(65519.99f) == 65504);
  CHECK(rounded<half>(65520.0f) == infinity);
  CHECK(rounded<half>(-std::numeric_limits<float>::max()) == -infinity);
  CHECK(rounded<half>(std::numeric_limits<float>::denorm_min()) == 0);
  CHECK(std::signbit(rounded<half>(-std::numeric_limits<float>::denorm_min())));
  CHECK(std::isnan(rounded<half>(std::bit_cast<float>(0x7f800001))));
}

TEST_CASE_TEMPLATE("rows are converted as their numbers are", Stored, bfloat16, half) {
  std::mt19937 random(1);
  for (const prefopt::index n : {0, 1, 5, 16, 37, 4096}) {
    const auto size = static_cast<std::size_t>(n);
    std::vector<Stored> stored(size), narrowed(size);
    std::vector<float> floats(size), widened(size);
    for (std::size_t k = 0; k < size; ++k) {
      stored[k] = of_bits<Stored>(static_cast<std::uint32_t>(random()));
      floats[k] = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    }
    prefopt::detail::widen_row(stored.data(), n, widened.data());
    prefopt::detail::narrow_row(floats.data(), 0.25f, n, narrowed.data());
    for (std::size_t k = 0; k < size; ++k) {
      const float value = static_cast<float>(stored[k]), scaled = 0.25f * floats[k];
      REQUIRE((widened[k] == value || (std::isnan(widened[k]) && std::isnan(value))));
      if (std::isnan(scaled))
        REQUIRE(std::isnan(static_cast<float>(narrowed[k])));
      else
        REQUIRE(narrowed[k].bits == Stored(scaled).bits);
    }
  }
}
