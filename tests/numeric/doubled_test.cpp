#include <limits>

#include <doctest/doctest.h>

#include <prefopt/numeric.hpp>
#include <prefopt/numeric/doubled.hpp>

namespace {

using pack = prefopt::pack<float, 4>;
using prefopt::lane;
using number = prefopt::doubled<pack>;

/// Whether both halves of `got` are what `want` makes of the halves.
template <class Got, class Want>
bool same(const Got& got, const Want& low, const Want& high) {
  for (int i = 0; i < 4; ++i)
    if (lane(got, i) != lane(low, i) || lane(got, i + 4) != lane(high, i)) return false;
  return true;
}

pack ramp(float start, float step) {
  pack x(0);
  for (int i = 0; i < 4; ++i) prefopt::set_lane(x, i, start + step * static_cast<float>(i));
  return x;
}

const pack a = ramp(-3, 1.25f), b = ramp(0.5f, 0.75f), c = ramp(2, -1), d = ramp(-1, 2);

}  // namespace

TEST_CASE("arithmetic_and_comparisons_go_half_by_half") {
  const number x(a, b), y(c, d);
  CHECK(same(x + y, a + c, b + d));
  CHECK(same(x - y, a - c, b - d));
  CHECK(same(x * y, a * c, b * d));
  CHECK(same(x / y, a / c, b / d));
  CHECK(same(-x, -a, -b));
  CHECK(same(x < y, a < c, b < d));
  CHECK(same(x <= y, a <= c, b <= d));
  CHECK(same(x > y, a > c, b > d));
  CHECK(same(x >= y, a >= c, b >= d));
  CHECK(same(x == x, a == a, b == b));
  CHECK(same(!(x < y), !(a < c), !(b < d)));
  CHECK(same((x < y) & (x > 0), (a < c) & (a > 0), (b < d) & (b > 0)));
  CHECK(same((x < y) | (x > 0), (a < c) | (a > 0), (b < d) | (b > 0)));
  CHECK(same(select(x < y, x, y), select(a < c, a, c), select(b < d, b, d)));
  CHECK(same(select(true, x, y), a, b));
  CHECK(same(select(false, x, y), c, d));
  CHECK(same(1 - x, 1 - a, 1 - b));
}

TEST_CASE("the_vocabulary_goes_half_by_half") {
  const number x(a, b), y(c, d);
  CHECK(same(max(x, y), max(a, c), max(b, d)));
  CHECK(same(min(x, y), min(a, c), min(b, d)));
  CHECK(same(abs(x), abs(a), abs(b)));
  CHECK(same(minus_abs(x), minus_abs(a), minus_abs(b)));
  CHECK(same(exp(x), exp(a), exp(b)));
  CHECK(same(expm1(x), expm1(a), expm1(b)));
  CHECK(same(log(abs(x)), log(abs(a)), log(abs(b))));
  CHECK(same(log1p(abs(x)), log1p(abs(a)), log1p(abs(b))));
  CHECK(same(reciprocal(x), reciprocal(a), reciprocal(b)));
  CHECK(same(softplus(x), softplus(a), softplus(b)));
  CHECK(same(sigmoid(x), sigmoid(a), sigmoid(b)));
  CHECK(same(multiply_add(x, y, x), multiply_add(a, c, a), multiply_add(b, d, b)));
  CHECK(same(prefopt::constant(x), a, b));
}

TEST_CASE("any_and_all_see_both_halves") {
  prefopt::mask_t<number> mask(false);
  CHECK(!any(mask));
  prefopt::set_lane(mask, 6, true);
  CHECK(lane(mask, 6));
  CHECK(any(mask));
  CHECK(!all(mask));
  CHECK(all(prefopt::mask_t<number>(true)));
}

TEST_CASE("a_lane_is_set_where_it_is_read") {
  number x(0);
  for (int i = 0; i < 8; ++i) prefopt::set_lane(x, i, static_cast<float>(i));
  for (int i = 0; i < 8; ++i) CHECK(lane(x, i) == static_cast<float>(i));
  CHECK(prefopt::lane_count<number> == 8);
}
