#include <cmath>
#include <limits>
#include <type_traits>

#include <doctest/doctest.h>

#include <prefopt/numeric.hpp>

namespace {

using prefopt::dual;
using prefopt::pack;

static_assert(std::is_same_v<prefopt::scalar_t<dual<pack<float, 4>, 3>>, float>);
static_assert(std::is_same_v<prefopt::mask_t<dual<pack<float, 4>, 3>>, prefopt::pack_mask<float, 4>>);
static_assert(prefopt::lane_count<dual<pack<double, 4>, 2>> == 4);
static_assert(prefopt::number<dual<float>> && prefopt::number<dual<pack<double, 4>, 2>>);

using number = dual<double, 2>;

/// x = 0.7 along direction 0, y = -1.3 along direction 1.
const number x = number::variable(0.7, 0), y = number::variable(-1.3, 1);

void check(const number& actual, double value, double by_x, double by_y) {
  CHECK(actual.value == doctest::Approx(value).epsilon(1e-15));
  CHECK(actual.slopes[0] == doctest::Approx(by_x).epsilon(1e-15));
  CHECK(actual.slopes[1] == doctest::Approx(by_y).epsilon(1e-15));
}

TEST_CASE("a_variable_has_slope_one_in_its_own_direction_and_a_constant_none") {
  check(x, 0.7, 1, 0);
  check(y, -1.3, 0, 1);
  check(number(2.5), 2.5, 0, 0);
  check(number(2), 2, 0, 0);
}

TEST_CASE("arithmetic_follows_the_rules_of_differentiation") {
  check(x + y, -0.6, 1, 1);
  check(x - y, 2.0, 1, -1);
  check(x * y, -0.91, -1.3, 0.7);
  check(x / y, 0.7 / -1.3, 1 / -1.3, -0.7 / (1.3 * 1.3));
  check(-x, -0.7, -1, 0);
  check(x * x * x, 0.343, 3 * 0.49, 0);
  check(1 - x, 0.3, -1, 0);
  check(2 * x + 3, 4.4, 2, 0);
  check(multiply_add(x, y, x), -0.21, -0.3, 0.7);
  check(multiply_add(2, x, 3), 4.4, 2, 0);
}

TEST_CASE("the_functions_have_their_derivatives") {
  check(exp(x), std::exp(0.7), std::exp(0.7), 0);
  check(expm1(y), std::expm1(-1.3), 0, std::exp(-1.3));
  check(log(x), std::log(0.7), 1 / 0.7, 0);
  check(log1p(x), std::log1p(0.7), 1 / 1.7, 0);
  check(log1p_unit(x), std::log1p(0.7), 1 / 1.7, 0);
  check(reciprocal(y), 1 / -1.3, 0, -1 / 1.69);
  check(exp(x * y), std::exp(-0.91), -1.3 * std::exp(-0.91), 0.7 * std::exp(-0.91));
}

TEST_CASE("comparisons_look_at_the_value_alone") {
  CHECK(y < x);
  CHECK(x > y);
  CHECK(x >= number(0.7));
  CHECK(x <= number(0.7));
  CHECK(x == number(0.7));
}

TEST_CASE("select_takes_value_and_slopes_from_one_side") {
  check(select(true, x, y), 0.7, 1, 0);
  check(select(false, x, y), -1.3, 0, 1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  check(select(true, x, number(nan, {nan, nan})), 0.7, 1, 0);
}

TEST_CASE("a_constant_has_the_value_and_no_slope") { check(constant(x * y), -0.91, 0, 0); }

TEST_CASE("a_value_set_from_outside_has_no_slope") {
  number z = x;
  prefopt::set_lane(z, 0, 4);
  check(z, 4, 0, 0);
  CHECK(prefopt::lane(z, 0) == 4);
}

TEST_CASE("lanes_of_a_dual_pack_differentiate_on_their_own") {
  using lanes = pack<double, 4>;
  using wide = dual<lanes, 1>;
  lanes points(0);
  for (int i = 0; i < 4; ++i) prefopt::set_lane(points, i, 0.5 * i - 0.7);
  const wide v = wide::variable(points, 0);
  const wide result = select(v > wide(0), v * v, exp(v));
  for (int i = 0; i < 4; ++i) {
    const double p = 0.5 * i - 0.7;
    CHECK(prefopt::lane(result, i) == doctest::Approx(p > 0 ? p * p : std::exp(p)).epsilon(1e-14));
    CHECK(prefopt::lane(result.slopes[0], i) == doctest::Approx(p > 0 ? 2 * p : std::exp(p)).epsilon(1e-14));
  }
  for (const bool mask : {false, true})
    CHECK(prefopt::lane(select(mask, v, 2 * v).slopes[0], 3) == (mask ? 1 : 2));
}

}  // namespace
