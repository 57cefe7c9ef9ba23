#include <cmath>
#include <random>

#include <doctest/doctest.h>

#include <prefopt/numeric/log1p_sum.hpp>

namespace {

using prefopt::lane;
using prefopt::log1p_sum;

template <class T>
constexpr double limit = sizeof(prefopt::scalar_t<T>) == sizeof(float) ? 2e-6 : 1e-14;

/// One number per lane, 10 to the power of −`decades` ... `largest`.
template <class T>
T draw(std::mt19937_64& generator, double decades, double largest) {
  std::uniform_real_distribution<double> exponent(-decades, largest);
  T x(0);
  for (int i = 0; i < prefopt::lane_count<T>; ++i)
    prefopt::set_lane(x, i, static_cast<prefopt::scalar_t<T>>(std::pow(10.0, exponent(generator))));
  return x;
}

template <class T>
struct exact_sum {
  long double values[prefopt::lane_count<T>] = {};
  void add(const T& x) {
    for (int i = 0; i < prefopt::lane_count<T>; ++i)
      values[i] += std::log1p(static_cast<long double>(lane(x, i)));
  }
  void check(const T& sum) const {
    for (int i = 0; i < prefopt::lane_count<T>; ++i)
      CHECK(std::abs(static_cast<long double>(lane(sum, i)) - values[i]) <= limit<T> * values[i]);
  }
};

using prefopt::native_pack;
using prefopt::pack;

}  // namespace

#define EVERY_NUMBER native_pack<float>, native_pack<double>, pack<float, 1>, pack<double, 1>

TEST_CASE_TEMPLATE("a_sum_of_logarithms_keeps_the_digits_of_tiny_and_of_large_terms", T, EVERY_NUMBER) {
  std::mt19937_64 generator(1);
  for (const double decades : {0.0, 1.0, 8.0, 30.0})
    for (const double largest : {0.0, 3.0, 20.0}) {
      log1p_sum<T> sum;
      exact_sum<T> exact;
      for (int term = 0; term < 5 * log1p_sum<T>::capacity; ++term) {
        if (term % log1p_sum<T>::capacity == 0) sum.flush();
        const T x = draw<T>(generator, decades, largest);
        sum.add_large(x);
        exact.add(x);
      }
      exact.check(sum.value());
    }
}

TEST_CASE_TEMPLATE("terms_up_to_1_fill_the_capacity_without_overflow", T, EVERY_NUMBER) {
  log1p_sum<T> sum;
  exact_sum<T> exact;
  for (int term = 0; term < log1p_sum<T>::capacity; ++term) {
    sum.add(T(1));
    exact.add(T(1));
  }
  exact.check(sum.value());
}

TEST_CASE_TEMPLATE("sums_add_up", T, EVERY_NUMBER) {
  std::mt19937_64 generator(2);
  log1p_sum<T> first, second;
  exact_sum<T> exact;
  for (int term = 0; term < log1p_sum<T>::capacity / 2; ++term) {
    const T x = draw<T>(generator, 5, 0), y = draw<T>(generator, 5, 10);
    first.add(x);
    second.add_large(y);
    exact.add(x);
    exact.add(y);
  }
  first.add(second);
  exact.check(first.value());
}

TEST_CASE_TEMPLATE("nothing_sums_to_0", T, EVERY_NUMBER) { CHECK(lane(log1p_sum<T>().value(), 0) == 0); }
