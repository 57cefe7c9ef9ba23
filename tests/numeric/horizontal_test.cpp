#include <limits>

#include <doctest/doctest.h>

#include <prefopt/numeric/horizontal.hpp>

namespace {

using prefopt::pack;

#define PACKS                                                                                        \
  pack<float, 1>, pack<float, 4>, pack<float, 8>, pack<float, 16>, pack<double, 1>, pack<double, 2>, \
      pack<double, 4>, pack<double, 8>, pack<long double, 1>

TEST_CASE_TEMPLATE("horizontal_sum_counts_every_lane_once", T, PACKS) {
  constexpr int width = prefopt::lane_count<T>;
  T powers(0);
  for (int i = 0; i < width; ++i) prefopt::set_lane(powers, i, static_cast<prefopt::scalar_t<T>>(1 << i));
  CHECK(horizontal_sum(powers) == (1 << width) - 1);
  CHECK(horizontal_sum(T(0.5)) == 0.5 * width);
}

TEST_CASE_TEMPLATE("horizontal_max_finds_the_largest_wherever_it_is", T, PACKS) {
  const auto infinity = std::numeric_limits<prefopt::scalar_t<T>>::infinity();
  for (int i = 0; i < prefopt::lane_count<T>; ++i) {
    T x(-infinity);
    CHECK(horizontal_max(x) == -infinity);
    prefopt::set_lane(x, i, -3);
    CHECK(horizontal_max(x) == -3);
  }
}

}  // namespace
