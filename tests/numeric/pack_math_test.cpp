#include <bit>
#include <cmath>
#include <cstdint>
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
};

template <int Width, class Scalar, class Function>
worst worst_error(const std::vector<Scalar>& x, const std::vector<long double>& expected, const Function& f) {
  worst found;
  for (std::size_t i = 0; i < x.size(); i += Width) {
    pack<Scalar, Width> lanes(0);
    for (int k = 0; k < Width; ++k) prefopt::set_lane(lanes, k, x[i + static_cast<std::size_t>(k)]);
    const auto y = f(lanes);
    for (int k = 0; k < Width; ++k) {
      const std::size_t place = i + static_cast<std::size_t>(k);
      const double error = test::ulp_error(prefopt::lane(y, k), expected[place]);
      if (!(error <= found.ulp)) found = {error, static_cast<double>(x[place])};
    }
  }
  return found;
}

/// `f` over packs of three widths against `truth` over long double.
template <class Scalar, class Function, class Truth>
void check_accuracy(double most_ulp, const Function& f, const Truth& truth) {
  const std::vector<Scalar> x = arguments<Scalar>();
  std::vector<long double> expected;
  for (const Scalar value : x) expected.push_back(truth(static_cast<long double>(value)));
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

TEST_CASE_TEMPLATE("exp_of_a_pack_is_within_1_ulp_everywhere", Scalar, float, double) {
  check_accuracy<Scalar>(
      1, [](auto x) { return exp(x); }, [](long double x) { return std::exp(x); });
}

TEST_CASE_TEMPLATE("expm1_of_a_pack_is_within_2_ulp_everywhere", Scalar, float, double) {
  check_accuracy<Scalar>(
      2, [](auto x) { return expm1(x); }, [](long double x) { return std::expm1(x); });
}

TEST_CASE_TEMPLATE("log_of_a_pack_is_within_1_ulp_everywhere", Scalar, float, double) {
  check_accuracy<Scalar>(
      1, [](auto x) { return log(x); }, [](long double x) { return std::log(x); });
}

TEST_CASE_TEMPLATE("log1p_of_a_pack_is_within_1_ulp_everywhere", Scalar, float, double) {
  check_accuracy<Scalar>(
      1, [](auto x) { return log1p(x); }, [](long double x) { return std::log1p(x); });
}

TEST_CASE_TEMPLATE("functions_of_a_pack_are_exact_where_the_answer_is", Scalar, float, double) {
  using number = pack<Scalar, 32 / sizeof(Scalar)>;
  constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
  const auto first = [](number x) { return prefopt::lane(x, 0); };
  for (const Scalar zero : {Scalar(0), -Scalar(0)}) {
    CHECK(first(exp(number(zero))) == 1);
    CHECK(first(expm1(number(zero))) == 0);
    CHECK(first(log(number(zero))) == -infinity);
    CHECK(first(log1p(number(zero))) == 0);
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

TEST_CASE_TEMPLATE("one_bad_lane_does_not_disturb_its_neighbours", Scalar, float, double) {
  using number = pack<Scalar, 16 / sizeof(Scalar)>;
  using limits = std::numeric_limits<Scalar>;
  for (const Scalar bad : {limits::quiet_NaN(), limits::infinity(), -limits::infinity(), limits::max()}) {
    number x(Scalar(0.75));
    prefopt::set_lane(x, 1, bad);
    const number alone(Scalar(0.75));
    CHECK(prefopt::lane(exp(x), 0) == prefopt::lane(exp(alone), 0));
    CHECK(prefopt::lane(expm1(x), 0) == prefopt::lane(expm1(alone), 0));
    CHECK(prefopt::lane(log(x), 0) == prefopt::lane(log(alone), 0));
    CHECK(prefopt::lane(log1p(x), 0) == prefopt::lane(log1p(alone), 0));
  }
}

}  // namespace
