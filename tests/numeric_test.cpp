#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/column.hpp>
#include <prefopt/numeric.hpp>

/// \file
/// The stable forms, over every kind of number, against closed forms in long double: their values, and the
/// derivatives that dual numbers take of them.

namespace {

using prefopt::dual;
using prefopt::lane;
using prefopt::pack;
using prefopt::scalar_t;
using std::exp, std::expm1, std::log, std::log1p;

static_assert(prefopt::number<float> && prefopt::number<long double> && prefopt::number<pack<float, 8>>);
static_assert(!prefopt::number<int> && !prefopt::number<std::string> &&
              !prefopt::number<prefopt::column<float (*)(prefopt::index)>>);

#define NUMBERS float, double, long double, pack<float, 8>, pack<double, 4>, pack<long double, 1>

constexpr long double infinity = std::numeric_limits<long double>::infinity();
constexpr long double nan = std::numeric_limits<long double>::quiet_NaN();

const std::vector<long double> points = {
    0,   1e-30L, -1e-30L, 1e-6L, -1e-6L, 0.1L,  -0.1L,    0.6931L,   -0.6931L, -0.6932L, 1,
    -1,  3,      -3,      17,    -17,    40,    -40,      80,        -80,      90,       -90,
    700, -700,   720,     -720,  1e4L,   -1e4L, infinity, -infinity, nan};

/// Equal, both NaN, or within a few units in the last place.
template <class Scalar>
bool close(Scalar actual, long double expected, double ulps, double absolute) {
  if (std::isnan(expected)) return std::isnan(actual);
  if (static_cast<Scalar>(expected) == actual) return true;
  const auto error = std::abs(static_cast<long double>(actual) - expected);
  return error <= ulps * std::numeric_limits<Scalar>::epsilon() * std::abs(expected) +
                      absolute * std::numeric_limits<Scalar>::epsilon() + std::numeric_limits<Scalar>::min();
}

/// Derivatives are compared where the function has a value.
template <class T, class Function, class Value, class Slope>
void check_function(const Function& f, const Value& value, const Slope& slope) {
  for (const long double point : points) {
    const auto x = static_cast<scalar_t<T>>(point);
    const auto plain = f(T(x));
    const auto with_slope = f(dual<T>::variable(T(x), 0));
    CAPTURE(x);
    for (int i = 0; i < prefopt::lane_count<T>; ++i) {
      CAPTURE(lane(plain, i));
      CHECK(close(lane(plain, i), value(static_cast<long double>(x)), 4, 0));
      CHECK(close(lane(with_slope.value, i), value(static_cast<long double>(x)), 4, 0));
      if (std::isnan(lane(plain, i))) continue;
      CAPTURE(lane(with_slope.slopes[0], i));
      CHECK(close(lane(with_slope.slopes[0], i), slope(static_cast<long double>(x)), 8, 4));
    }
  }
}

long double true_sigmoid(long double x) { return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)); }
long double true_softplus(long double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }
long double true_logaddexp(long double a, long double b) {
  if (a == b) return a + log(2.0L);
  return std::max(a, b) + log1p(exp(-std::abs(a - b)));
}

TEST_CASE_TEMPLATE("softplus_and_its_derivative_are_right_from_minus_to_plus_infinity", T, NUMBERS) {
  check_function<T>([](auto x) { return prefopt::softplus(x); }, true_softplus, true_sigmoid);
}

TEST_CASE_TEMPLATE("log_sigmoid_is_the_negative_softplus_of_the_negative", T, NUMBERS) {
  check_function<T>([](auto x) { return prefopt::log_sigmoid(x); }, [](auto x) { return -true_softplus(-x); },
                    [](auto x) { return true_sigmoid(-x); });
}

TEST_CASE_TEMPLATE("sigmoid_and_its_derivative_keep_their_tails", T, NUMBERS) {
  check_function<T>([](auto x) { return prefopt::sigmoid(x); }, true_sigmoid,
                    [](auto x) { return true_sigmoid(x) * true_sigmoid(-x); });
}

TEST_CASE_TEMPLATE("tanh_is_odd_and_saturates", T, NUMBERS) {
  check_function<T>([](auto x) { return prefopt::tanh(x); }, [](auto x) { return std::tanh(x); },
                    [](auto x) { return 1 - std::tanh(x) * std::tanh(x); });
}

TEST_CASE_TEMPLATE("log1mexp_is_minus_infinity_at_0_and_nan_above", T, NUMBERS) {
  check_function<T>([](auto x) { return prefopt::log1mexp(x); },
                    [](auto x) {
                      if (x == 0) return -infinity;
                      return x > 0 ? nan : x < -log(2.0L) ? log1p(-exp(x)) : log(-expm1(x));
                    },
                    [](auto x) { return x == 0 ? -infinity : -1 / expm1(-x); });
}

TEST_CASE_TEMPLATE("abs_has_slope_1_at_0", T, NUMBERS) {
  check_function<T>([](auto x) { return prefopt::abs(x); }, [](auto x) { return std::abs(x); },
                    [](auto x) { return x < 0 ? -1.0L : 1.0L; });
}

TEST_CASE_TEMPLATE("minus_abs_has_slope_minus_1_at_0", T, NUMBERS) {
  check_function<T>([](auto x) { return prefopt::minus_abs(x); }, [](auto x) { return -std::abs(x); },
                    [](auto x) { return x < 0 ? 1.0L : -1.0L; });
}

TEST_CASE_TEMPLATE("max_and_min_of_equal_numbers_are_the_first_with_its_derivative", T, NUMBERS) {
  using wide = dual<T, 2>;
  const wide a = wide::variable(T(2), 0), b = wide::variable(T(2), 1), c = wide::variable(T(3), 1);
  for (const auto& equal : {prefopt::max(a, b), prefopt::min(a, b)}) {
    CHECK(lane(equal.value, 0) == 2);
    CHECK(lane(equal.slopes[0], 0) == 1);
    CHECK(lane(equal.slopes[1], 0) == 0);
  }
  CHECK(lane(prefopt::max(a, c), 0) == 3);
  CHECK(lane(prefopt::max(a, c).slopes[1], 0) == 1);
  CHECK(lane(prefopt::min(c, a), 0) == 2);
  CHECK(lane(prefopt::min(c, a).slopes[0], 0) == 1);
}

TEST_CASE_TEMPLATE("logaddexp_is_right_for_every_pair_of_points", T, NUMBERS) {
  using wide = dual<T, 2>;
  for (const long double first : points)
    for (const long double second : points) {
      const auto a = static_cast<scalar_t<T>>(first), b = static_cast<scalar_t<T>>(second);
      const auto sum = prefopt::logaddexp(wide::variable(T(a), 0), wide::variable(T(b), 1));
      const auto plain = prefopt::logaddexp(T(a), T(b));
      CAPTURE(a);
      CAPTURE(b);
      CAPTURE(lane(plain, 0));
      const auto expected = true_logaddexp(a, b);
      CHECK(close(lane(plain, 0), expected, 4, 1));
      CHECK(close(lane(sum.value, 0), expected, 4, 1));
      if (!std::isfinite(expected)) continue;
      CAPTURE(lane(sum.slopes[0], 0));
      CAPTURE(lane(sum.slopes[1], 0));
      CHECK(close(lane(sum.slopes[0], 0), true_sigmoid(static_cast<long double>(a) - b), 8, 4));
      CHECK(close(lane(sum.slopes[1], 0), true_sigmoid(static_cast<long double>(b) - a), 8, 4));
    }
}

TEST_CASE_TEMPLATE("minus_infinity_is_the_neutral_element_of_logaddexp", T, NUMBERS) {
  const T none(-infinity);
  for (const double x : {-1e4, -3.0, 0.0, 2.5, 1e4}) {
    CHECK(lane(prefopt::logaddexp(T(x), none), 0) == static_cast<scalar_t<T>>(x));
    CHECK(lane(prefopt::logaddexp(none, T(x)), 0) == static_cast<scalar_t<T>>(x));
  }
  CHECK(lane(prefopt::logaddexp(none, none), 0) == -infinity);
  CHECK(lane(prefopt::logaddexp(T(infinity), T(infinity)), 0) == infinity);
  const auto both = prefopt::logaddexp(dual<T>::variable(none, 0), dual<T>(none));
  CHECK(std::isfinite(lane(both.slopes[0], 0)));
}

/// log Σ eˣ over `values`, each a variable of its own.
template <class T, std::size_t Count>
dual<T, Count> streamed(const std::array<long double, Count>& values) {
  prefopt::streaming_logsumexp<dual<T, Count>> sum;
  for (std::size_t i = 0; i < Count; ++i)
    sum.add(dual<T, Count>::variable(T(values[i]), static_cast<int>(i)));
  return sum.value();
}

TEST_CASE_TEMPLATE("streaming_logsumexp_does_not_depend_on_the_order_and_differentiates_to_softmax", T,
                   NUMBERS) {
  using five = std::array<long double, 5>;
  for (const five& values :
       {five{0, 0, 0, 0, 0}, five{1, -2, 3, 0.5L, 3}, five{-5, 4, 3, 2, 1}, five{-1e4L, 1e4L, 0, 5, 1e4L},
        five{-infinity, 1, 2, -infinity, 2}, five{1, 2, 2, -infinity, -infinity}}) {
    long double top = -infinity, total = 0;
    for (const long double x : values) top = std::max(top, x);
    for (const long double x : values) total += exp(x - top);
    const auto sum = streamed<T>(values);
    CHECK(close(lane(sum, 0), top + log(total), 8, 4));
    for (std::size_t i = 0; i < 5; ++i)
      CHECK(close(lane(sum.slopes[i], 0), exp(values[i] - top) / total, 16, 4));
  }
}

TEST_CASE_TEMPLATE("streaming_logsumexp_of_nothing_and_of_infinities_is_defined", T, NUMBERS) {
  prefopt::streaming_logsumexp<T> nothing;
  CHECK(lane(nothing.value(), 0) == -infinity);
  using three = std::array<long double, 3>;
  for (const three& values :
       {three{infinity, 0, 1}, three{1, infinity, 2}, three{infinity, infinity, -infinity}})
    CHECK(lane(streamed<T>(values), 0) == infinity);
  const auto masked = streamed<T>(three{-infinity, -infinity, -infinity});
  CHECK(lane(masked, 0) == -infinity);
  for (const auto& slope : masked.slopes) CHECK(std::isfinite(lane(slope, 0)));
  for (const three& values :
       {three{nan, 0, 1}, three{1, nan, 2}, three{infinity, -infinity, nan}, three{nan, infinity, 1}})
    CHECK(std::isnan(lane(streamed<T>(values), 0)));
}

TEST_CASE("lanes_of_a_pack_take_different_branches_side_by_side") {
  using lanes = pack<float, 8>;
  lanes x(0);
  const std::array<float, 8> values{-1e4f, -50, -0.3f, 0,
                                    0.3f,  50,  1e4f,  std::numeric_limits<float>::quiet_NaN()};
  for (int i = 0; i < 8; ++i) prefopt::set_lane(x, i, values[static_cast<std::size_t>(i)]);
  const auto softplus = prefopt::softplus(x), sigmoid = prefopt::sigmoid(x), tanh = prefopt::tanh(x);
  for (int i = 0; i < 8; ++i) {
    const float value = values[static_cast<std::size_t>(i)];
    CHECK(close(lane(softplus, i), true_softplus(value), 4, 0));
    CHECK(close(lane(sigmoid, i), true_sigmoid(value), 4, 0));
    CHECK(close(lane(tanh, i), std::tanh(static_cast<long double>(value)), 4, 0));
  }
}

}  // namespace
