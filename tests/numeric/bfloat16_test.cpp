#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include <prefopt/numeric/bfloat16.hpp>

using prefopt::bfloat16;

namespace {

float rounded(float value) { return static_cast<float>(bfloat16(value)); }

}  // namespace

TEST_CASE("every bfloat16 comes back from float as it was") {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    bfloat16 x;
    x.bits = static_cast<std::uint16_t>(bits);
    const float value = static_cast<float>(x);
    if (std::isnan(value))
      REQUIRE(std::isnan(rounded(value)));
    else
      REQUIRE(bfloat16(value).bits == x.bits);
  }
}

TEST_CASE("a float is rounded to the nearest bfloat16, a tie to the even one") {
  CHECK(rounded(1.0f) == 1.0f);
  CHECK(rounded(1.0f + 0x1p-8f) == 1.0f);
  CHECK(rounded(1.0f + 0x1.8p-8f) == 1.0f + 0x1p-7f);
  CHECK(rounded(1.0f + 0x1.8p-7f) == 1.0f + 0x1p-6f);
  CHECK(rounded(-0x1.010002p-9f) == -0x1.02p-9f);
  CHECK(rounded(std::numeric_limits<float>::max()) == std::numeric_limits<float>::infinity());
  CHECK(std::isnan(rounded(std::bit_cast<float>(0x7f800001))));
}
