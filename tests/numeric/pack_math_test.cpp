#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/numeric/pack_math.hpp>

#include "../support/ulp.hpp"

namespace {

using prefopt::pack;

/// Every `stride`-th bit pattern of float: denormals, infinities, NaN and both signs among them.
std::vector<float> arguments_over_all(float) {
  constexpr std::uint64_t stride = 4099;
  std::vector<float> x;
  for (std::uint64_t bits = 0; bits <= 0xffffffff; bits += stride)
    x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  return x;
}
/// Random bit patterns of double: every exponent is as likely as another.
std::vector<double> arguments_over_all(double) {
  std::mt19937_64 bits(1);
  std::vector<double> x(400'000);
  for (double& value : x) value = std::bit_cast<double>(bits());
  return x;
}

template <class Scalar>
std::vector<Scalar> arguments() {
  using limits = std::numeric_limits<Scalar>;
  std::vector<Scalar> x = arguments_over_all(Scalar());
  for (const Scalar value : {Scalar(0), Scalar(0.5), Scalar(1), Scalar(2), Scalar(1e4), limits::denorm_min(),
                             limits::min(), limits::max(), limits::epsilon(), limits::infinity()})
    for (const Scalar signed_value : {value, -value})
      for (const Scalar target : {-limits::infinity(), limits::infinity()})
        x.insert(x.end(), {signed_value, std::nextafter(signed_value, target)});
  x.push_back(limits::quiet_NaN());
  // Where the functions do something: the whole range of exp, and the neighbourhoods of 0 and of 1.
  std::mt19937_64 bits(2);
  const auto uniform = [&](double low, double high) {
    return static_cast<Scalar>(low + (high - low) * std::ldexp(static_cast<double>(bits() >> 11), -53));
  };
  constexpr double ln2 = 0.6931471805599453;
  for (int i = 0; i < 100'000; ++i) {
    x.push_back(uniform(ln2 * (limits::min_exponent - limits::digits - 2), ln2 * (limits::max_exponent + 1)));
    x.push_back(uniform(-2, 2));
    x.push_back(uniform(0.5, 2));
    x.push_back(uniform(-1e-3, 1e-3));
  }
  while (x.size() % 16 != 0) x.push_back(0);
  return x;
}

/// The largest error in ulp, and where it is.
struct worst {
  double ulp = 0;
  double at = 0;

  void add(double error, double x) {
    if (!(error <= ulp)) *this = {error, x};
  }
};

/// What the truth is computed in: for floats a double, whose own error is below 1e-8 of their ulp.
template <class Scalar>
using truth_of = std::conditional_t<std::is_same_v<Scalar, float>, double, long double>;

/// As test::ulp_error, of floats, in a few instructions.
double ulp_error(float actual, double expected) {
  if (actual != actual || expected != expected)
    return actual != actual && expected != expected ? 0 : std::numeric_limits<double>::infinity();
  const double end = 0x1p128, truth = std::clamp(expected, -end, end);
  const double value = std::isinf(actual) ? std::copysign(end, actual) : static_cast<double>(actual);
  // The power of two at the truth, by its exponent's bits, and the smallest one that floats are rounded at.
  const double binade = std::bit_cast<double>(std::bit_cast<std::uint64_t>(truth) & 0x7ff0000000000000);
  return std::abs(value - truth) / (std::max(binade, 0x1p-126) * 0x1p-23);
}

double ulp_error(double actual, long double expected) { return test::ulp_error(actual, expected); }

template <int Width, class Scalar, class Function>
worst worst_error(const std::vector<Scalar>& x, const std::vector<truth_of<Scalar>>& expected,
                  const Function& f) {
  worst found;
  for (std::size_t i = 0; i < x.size(); i += Width) {
    pack<Scalar, Width> lanes(0);
    for (int k = 0; k < Width; ++k) prefopt::set_lane(lanes, k, x[i + static_cast<std::size_t>(k)]);
    const auto y = f(lanes);
    for (int k = 0; k < Width; ++k) {
      const std::size_t place = i + static_cast<std::size_t>(k);
      found.add(ulp_error(prefopt::lane(y, k), expected[place]), static_cast<double>(x[place]));
    }
  }
  return found;
}

/// Where a function is compared.
struct everywhere {
  template <class Scalar>
  static bool contains(Scalar) {
    return true;
  }
};
struct from_0_to_1 {
  template <class Scalar>
  static bool contains(Scalar x) {
    return (x >= 0 && x <= 1) || x != x;
  }
};

/// `f` over packs of three widths against `truth`.
template <class Scalar, class Domain = everywhere, class Function, class Truth>
void check_accuracy(double most_ulp, const Function& f, const Truth& truth) {
  std::vector<Scalar> x;
  for (const Scalar value : arguments<Scalar>())
    if (Domain::contains(value)) x.push_back(value);
  x.resize(x.size() / 16 * 16 + 16);
  std::vector<truth_of<Scalar>> expected;
  for (const Scalar value : x) expected.push_back(truth(static_cast<truth_of<Scalar>>(value)));
  const auto check = [&](auto width) {
    const worst found = worst_error<width>(x, expected, f);
    CAPTURE(width());
    CAPTURE(found.at);
    CHECK(found.ulp <= most_ulp);
  };
  check(std::integral_constant<int, 16 / sizeof(Scalar)>());
  check(std::integral_constant<int, 32 / sizeof(Scalar)>());
  check(std::integral_constant<int, 64 / sizeof(Scalar)>());
}

/// The same for one float in 257 of all there are in [from, to], in packs of the machine's width.
template <class Function, class Truth>
void check_floats(double most_ulp, std::uint32_t from, std::uint32_t to, const Function& f,
                  const Truth& truth) {
  using number = prefopt::native_pack<float>;
  constexpr int width = prefopt::lane_count<number>;
  worst found;
  for (std::uint64_t first = from; first <= to; first += 257 * width) {
    number x(0);
    for (std::uint64_t k = 0; k < width; ++k)
      prefopt::set_lane(
          x, static_cast<int>(k),
          std::bit_cast<float>(static_cast<std::uint32_t>(std::min<std::uint64_t>(first + 257 * k, to))));
    const number y = f(x);
    for (int k = 0; k < width; ++k) {
      const double at = static_cast<double>(prefopt::lane(x, k));
      found.add(ulp_error(prefopt::lane(y, k), truth(at)), at);
    }
  }
  CAPTURE(found.at);
  CHECK(found.ulp <= most_ulp);
}

constexpr std::uint32_t all_floats = 0xffffffff, one = 0x3f800000;

// The bounds are pack_math.hpp's.
TEST_CASE_TEMPLATE("exp_of_a_pack_is_within_1.2_ulp_everywhere", Scalar, float, double) {
  check_accuracy<Scalar>(
      1.2, [](auto x) { return exp(x); }, [](auto x) { return std::exp(x); });
}
TEST_CASE("exp_of_a_float_pack_is_within_1.2_ulp_for_one_float_in_257") {
  check_floats(
      1.2, 0, all_floats, [](auto x) { return exp(x); }, [](auto x) { return std::exp(x); });
}

TEST_CASE_TEMPLATE("expm1_of_a_pack_is_within_2_ulp_everywhere", Scalar, float, double) {
  check_accuracy<Scalar>(
      2, [](auto x) { return expm1(x); }, [](auto x) { return std::expm1(x); });
}

TEST_CASE_TEMPLATE("log_of_a_pack_is_within_1.3_ulp_everywhere", Scalar, float, double) {
  check_accuracy<Scalar>(
      1.3, [](auto x) { return log(x); }, [](auto x) { return std::log(x); });
}
TEST_CASE("log_of_a_float_pack_is_within_1.3_ulp_for_one_float_in_257") {
  check_floats(
      1.3, 0, all_floats, [](auto x) { return log(x); }, [](auto x) { return std::log(x); });
}

TEST_CASE_TEMPLATE("log1p_of_a_pack_is_within_1.3_ulp_everywhere", Scalar, float, double) {
  check_accuracy<Scalar>(
      1.3, [](auto x) { return log1p(x); }, [](auto x) { return std::log1p(x); });
}
TEST_CASE("log1p_of_a_float_pack_is_within_1.3_ulp_for_one_float_in_257") {
  check_floats(
      1.3, 0, all_floats, [](auto x) { return log1p(x); }, [](auto x) { return std::log1p(x); });
}

TEST_CASE_TEMPLATE("log1p_unit_of_a_pack_is_within_1.6_ulp_from_0_to_1", Scalar, float, double) {
  check_accuracy<Scalar, from_0_to_1>(
      1.6, [](auto x) { return log1p_unit(x); }, [](auto x) { return std::log1p(x); });
}
TEST_CASE("log1p_unit_of_a_float_pack_is_within_1.6_ulp_for_one_float_in_257") {
  check_floats(
      1.6, 0, one, [](auto x) { return log1p_unit(x); }, [](auto x) { return std::log1p(x); });
}

TEST_CASE_TEMPLATE("reciprocal_of_a_pack_is_within_2_ulp_everywhere", Scalar, float, double) {
  check_accuracy<Scalar>(
      2, [](auto x) { return reciprocal(x); }, [](auto x) { return 1 / x; });
}
TEST_CASE("reciprocal_of_a_float_pack_is_within_2_ulp_for_one_float_in_257") {
  check_floats(
      2, 0, all_floats, [](auto x) { return reciprocal(x); }, [](auto x) { return 1 / x; });
}

TEST_CASE_TEMPLATE("functions_of_a_pack_are_exact_where_the_answer_is", Scalar, float, double) {
  using number = prefopt::native_pack<Scalar>;
  constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
  const auto first = [](number x) { return prefopt::lane(x, 0); };
  for (const Scalar zero : {Scalar(0), -Scalar(0)}) {
    CHECK(first(exp(number(zero))) == 1);
    CHECK(first(expm1(number(zero))) == 0);
    CHECK(first(log(number(zero))) == -infinity);
    CHECK(first(log1p(number(zero))) == 0);
    CHECK(first(log1p_unit(number(zero))) == 0);
  }
  CHECK(first(exp(number(-infinity))) == 0);
  CHECK(first(exp(number(infinity))) == infinity);
  CHECK(first(exp(number(1e4))) == infinity);
  CHECK(first(exp(number(-1e4))) == 0);
  CHECK(first(expm1(number(-infinity))) == -1);
  CHECK(first(expm1(number(-1e4))) == -1);
  CHECK(first(expm1(number(infinity))) == infinity);
  CHECK(first(expm1(number(1e4))) == infinity);
  CHECK(first(log(number(1))) == 0);
  CHECK(first(log(number(infinity))) == infinity);
  CHECK(first(log1p(number(-1))) == -infinity);
  CHECK(first(log1p(number(infinity))) == infinity);
  CHECK(std::isnan(first(log(number(-1)))));
  CHECK(std::isnan(first(log1p(number(-2)))));
}

TEST_CASE_TEMPLATE("the_reciprocal_of_0_is_infinite_and_of_infinity_0_with_the_sign", Scalar, float, double) {
  using limits = std::numeric_limits<Scalar>;
  const auto check = [](auto width) {
    using number = pack<Scalar, width>;
    const auto first = [](number x) { return prefopt::lane(x, 0); };
    for (const Scalar sign : {Scalar(1), Scalar(-1)}) {
      CHECK(first(reciprocal(number(sign))) == sign);
      CHECK(first(reciprocal(number(sign * 0))) == sign * limits::infinity());
      CHECK(first(reciprocal(number(sign * limits::denorm_min()))) == sign * limits::infinity());
      CHECK(first(reciprocal(number(sign * limits::infinity()))) == 0);
      CHECK(std::signbit(first(reciprocal(number(sign * limits::infinity())))) == (sign < 0));
    }
  };
  check(std::integral_constant<int, 1>());
  check(std::integral_constant<int, 16 / sizeof(Scalar)>());
  check(std::integral_constant<int, 64 / sizeof(Scalar)>());
}

TEST_CASE_TEMPLATE("one_bad_lane_does_not_disturb_its_neighbours", Scalar, float, double) {
  using number = prefopt::native_pack<Scalar>;
  using limits = std::numeric_limits<Scalar>;
  for (const Scalar bad : {limits::quiet_NaN(), limits::infinity(), -limits::infinity(), limits::max()}) {
    number x(Scalar(0.75));
    prefopt::set_lane(x, 1, bad);
    const number alone(Scalar(0.75));
    CHECK(prefopt::lane(exp(x), 0) == prefopt::lane(exp(alone), 0));
    CHECK(prefopt::lane(expm1(x), 0) == prefopt::lane(expm1(alone), 0));
    CHECK(prefopt::lane(log(x), 0) == prefopt::lane(log(alone), 0));
    CHECK(prefopt::lane(log1p(x), 0) == prefopt::lane(log1p(alone), 0));
    CHECK(prefopt::lane(reciprocal(x), 0) == prefopt::lane(reciprocal(alone), 0));
  }
}

}  // namespace
