#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <type_traits>

#include <doctest/doctest.h>

#include <prefopt/numeric/pack.hpp>

namespace {

using prefopt::all;
using prefopt::any;
using prefopt::lane;
using prefopt::pack;
using prefopt::pack_mask;
using prefopt::set_lane;

template <class Scalar, int Width>
struct shape {
  using number = pack<Scalar, Width>;
  using mask = pack_mask<Scalar, Width>;
  using scalar = Scalar;
  static constexpr int width = Width;
};

#define PACKS                                                                                              \
  shape<float, 1>, shape<float, 4>, shape<float, 8>, shape<float, 16>, shape<double, 1>, shape<double, 2>, \
      shape<double, 4>, shape<double, 8>, shape<long double, 1>

/// first, first + step, first + 2 step, ...
template <class Shape>
typename Shape::number ramp(double first, double step) {
  typename Shape::number x(0);
  for (int i = 0; i < Shape::width; ++i)
    set_lane(x, i, static_cast<typename Shape::scalar>(first + step * i));
  return x;
}

static_assert(std::is_same_v<prefopt::scalar_t<pack<float, 8>>, float>);
static_assert(std::is_same_v<prefopt::mask_t<pack<double, 4>>, pack_mask<double, 4>>);
static_assert(prefopt::lane_count<pack<float, 16>> == 16);
static_assert(sizeof(pack<float, 8>) == 32 && sizeof(pack_mask<double, 8>) == 64);
static_assert(std::is_trivially_copyable_v<pack<float, 8>>);
static_assert(std::is_same_v<prefopt::native_pack<long double>, pack<long double, 1>>);
static_assert(sizeof(prefopt::native_pack<float>) == sizeof(prefopt::native_pack<double>));

TEST_CASE_TEMPLATE("abs_takes_the_sign_off_every_lane", Shape, PACKS) {
  const auto x = ramp<Shape>(-4.5, 2), magnitude = abs(x);
  for (int i = 0; i < Shape::width; ++i) CHECK(lane(magnitude, i) == std::abs(lane(x, i)));
}

TEST_CASE_TEMPLATE("a_number_fills_every_lane", Shape, PACKS) {
  for (const double value : {0.0, 1.5, -3.0}) {
    const typename Shape::number x(value);
    for (int i = 0; i < Shape::width; ++i) CHECK(lane(x, i) == static_cast<typename Shape::scalar>(value));
  }
  const typename Shape::number from_int = 3;
  CHECK(lane(from_int, Shape::width - 1) == 3);
  const auto infinity = std::numeric_limits<typename Shape::scalar>::infinity();
  CHECK(lane(typename Shape::number(-infinity), 0) == -infinity);
  CHECK(std::isnan(lane(typename Shape::number(std::nan("")), 0)));
  CHECK(std::signbit(lane(typename Shape::number(-0.0), 0)));
}

TEST_CASE_TEMPLATE("arithmetic_goes_lane_by_lane", Shape, PACKS) {
  using scalar = typename Shape::scalar;
  const auto x = ramp<Shape>(1, 1), y = ramp<Shape>(-2, 0.25);
  for (int i = 0; i < Shape::width; ++i) {
    const scalar a = lane(x, i), b = lane(y, i);
    CHECK(lane(x + y, i) == a + b);
    CHECK(lane(x - y, i) == a - b);
    CHECK(lane(x * y, i) == a * b);
    CHECK(lane(y / x, i) == b / a);
    CHECK(lane(-x, i) == -a);
    CHECK(lane(1 - x * 2, i) == 1 - a * 2);
  }
  CHECK(std::signbit(lane(-typename Shape::number(0), 0)));
}

TEST_CASE_TEMPLATE("comparisons_go_lane_by_lane_and_are_false_for_nan", Shape, PACKS) {
  auto x = ramp<Shape>(-1, 1);
  set_lane(x, 0, std::numeric_limits<typename Shape::scalar>::quiet_NaN());
  const typename Shape::number zero(0);
  for (int i = 0; i < Shape::width; ++i) {
    const auto a = lane(x, i);
    CHECK(lane(x < zero, i) == (a < 0));
    CHECK(lane(x <= zero, i) == (a <= 0));
    CHECK(lane(x > zero, i) == (a > 0));
    CHECK(lane(x >= zero, i) == (a >= 0));
    CHECK(lane(x == zero, i) == (a == 0));
    CHECK(lane(x == x, i) == (i != 0));
  }
}

TEST_CASE_TEMPLATE("masks_combine_lane_by_lane", Shape, PACKS) {
  using mask = typename Shape::mask;
  mask even(false), low(false);
  for (int i = 0; i < Shape::width; ++i) {
    set_lane(even, i, i % 2 == 0);
    set_lane(low, i, i < Shape::width / 2);
  }
  for (int i = 0; i < Shape::width; ++i) {
    const bool a = i % 2 == 0, b = i < Shape::width / 2;
    CHECK(lane(even & low, i) == (a && b));
    CHECK(lane(even | low, i) == (a || b));
    CHECK(lane(!even, i) == !a);
    CHECK(lane(mask(true), i));
    CHECK_FALSE(lane(mask(false), i));
  }
}

TEST_CASE_TEMPLATE("any_finds_a_single_lane_wherever_it_is", Shape, PACKS) {
  CHECK_FALSE(any(typename Shape::mask(false)));
  CHECK(any(typename Shape::mask(true)));
  for (int i = 0; i < Shape::width; ++i) {
    typename Shape::mask one(false);
    set_lane(one, i, true);
    CHECK(any(one));
    set_lane(one, i, false);
    CHECK_FALSE(any(one));
  }
}

TEST_CASE_TEMPLATE("all_misses_no_lane", Shape, PACKS) {
  CHECK(all(typename Shape::mask(true)));
  CHECK_FALSE(all(typename Shape::mask(false)));
  for (int i = 0; i < Shape::width; ++i) {
    typename Shape::mask others(true);
    set_lane(others, i, false);
    CHECK_FALSE(all(others));
  }
}

TEST_CASE_TEMPLATE("max_and_min_of_packs_keep_the_first_of_what_has_no_order", Shape, PACKS) {
  using number = typename Shape::number;
  const auto infinity = std::numeric_limits<typename Shape::scalar>::infinity();
  const auto nan = std::numeric_limits<typename Shape::scalar>::quiet_NaN();
  const auto first = [](number x) { return lane(x, 0); };
  CHECK(first(max(number(1), 2)) == 2);
  CHECK(first(max(number(2), 1)) == 2);
  CHECK(first(min(number(1), 2)) == 1);
  CHECK(first(min(number(2), 1)) == 1);
  CHECK(first(max(number(-infinity), 1)) == 1);
  CHECK(first(min(number(infinity), 1)) == 1);
  CHECK(std::signbit(first(max(number(-0.0), 0))));
  CHECK_FALSE(std::signbit(first(max(number(0), -0.0))));
  CHECK(std::signbit(first(min(number(-0.0), 0))));
  CHECK_FALSE(std::signbit(first(min(number(0), -0.0))));
  CHECK(std::isnan(first(max(number(nan), 1))));
  CHECK(std::isnan(first(min(number(nan), 1))));
  CHECK(first(max(number(1), nan)) == 1);
  CHECK(first(min(number(1), nan)) == 1);
}

TEST_CASE_TEMPLATE("multiply_add_goes_lane_by_lane_and_takes_literals", Shape, PACKS) {
  const auto x = ramp<Shape>(1, 1), y = ramp<Shape>(-2, 0.25);
  for (int i = 0; i < Shape::width; ++i) {
    CHECK(lane(multiply_add(x, y, x), i) == lane(x, i) * lane(y, i) + lane(x, i));
    CHECK(lane(multiply_add(x, 2, 1), i) == lane(x, i) * 2 + 1);
  }
}

TEST_CASE_TEMPLATE("select_takes_each_lane_from_its_own_side", Shape, PACKS) {
  const auto x = ramp<Shape>(-1, 1);
  const auto nan = std::numeric_limits<typename Shape::scalar>::quiet_NaN();
  const auto chosen = select(x > typename Shape::number(0), x, typename Shape::number(nan));
  for (int i = 0; i < Shape::width; ++i) {
    if (lane(x, i) > 0)
      CHECK(lane(chosen, i) == lane(x, i));
    else
      CHECK(std::isnan(lane(chosen, i)));
  }
  const auto clean = select(x > typename Shape::number(1e9), typename Shape::number(nan), x);
  CHECK(all(clean == x));
  for (const bool mask : {false, true}) {
    CHECK(all(select(mask, x, typename Shape::number(7)) == (mask ? x : typename Shape::number(7))));
    CHECK(all(select(mask, x, 7) == select(typename Shape::mask(mask), x, 7)));
  }
}

TEST_CASE("a_plain_scalar_is_a_pack_of_one_lane") {
  static_assert(prefopt::lane_count<double> == 1);
  static_assert(std::is_same_v<prefopt::mask_t<float>, bool>);
  double x = 1.5;
  CHECK(prefopt::lane(x, 0) == 1.5);
  prefopt::set_lane(x, 0, 2.5);
  CHECK(x == 2.5);
  bool mask = false;
  CHECK_FALSE(prefopt::any(mask));
  prefopt::set_lane(mask, 0, true);
  CHECK(prefopt::any(mask));
  CHECK(prefopt::lane(mask, 0));
  CHECK(prefopt::select(mask, 1.0, 2) == 1);
  CHECK(prefopt::select(!mask, 1.0f, 2) == 2);
  CHECK(prefopt::all(mask));
  CHECK(prefopt::constant(3.0L) == 3);
  CHECK(prefopt::multiply_add(2.0, 3, 4) == 10);
  CHECK(prefopt::reciprocal(4.0f) == 0.25f);
  CHECK(prefopt::log1p_unit(0.5) == std::log1p(0.5));
}

}  // namespace
