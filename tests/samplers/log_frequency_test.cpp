#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/log_frequency.hpp>

#include "draws.hpp"

using doctest::Approx;
using prefopt::as_matrix;
using prefopt::samplers::log_frequency;

namespace {

const log_frequency frequency(std::vector<double>{5, 0, 3, 2});

template <class Scalar>
std::vector<Scalar> log_q(const items& positives, const items& negatives) {
  const auto rows = static_cast<prefopt::index>(positives.size());
  const auto count = static_cast<prefopt::index>(negatives.size()) / rows;
  std::vector<Scalar> result(static_cast<std::size_t>(rows * (1 + count)), Scalar(-7));
  frequency(positives, as_matrix(negatives, rows, count), as_matrix(result, rows, 1 + count));
  return result;
}

}  // namespace

TEST_CASE("log q is the log of an item's share of the counts, the positive's first") {
  const std::vector<double> expected{std::log(0.5), std::log(0.3), std::log(0.2),
                                     std::log(0.3), std::log(0.5), 0};
  const auto doubles = log_q<double>({0, 2}, {2, 3, 0, -1});
  const auto floats = log_q<float>({0, 2}, {2, 3, 0, -1});
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(doubles[i] == Approx(expected[i]));
    CHECK(floats[i] == static_cast<float>(doubles[i]));
  }
}

TEST_CASE("log q names what makes no sense") {
  const auto error_of = [](const std::vector<double>& counts) {
    return error_text([&] { log_frequency{counts}; });
  };
  CHECK(error_of({}) == "log_frequency: the size of counts is 0, expected 1 to 2^31 - 1");
  CHECK(error_of({1, -1}) == "log_frequency: counts[1] is -1, expected at least 0 and finite");
  CHECK(error_of({std::numeric_limits<double>::quiet_NaN()}) ==
        "log_frequency: counts[0] is nan, expected at least 0 and finite");

  const auto item_error = [](std::int32_t item) { return error_text([=] { log_q<float>({0}, {item}); }); };
  CHECK(item_error(2).empty());
  CHECK(item_error(1) == "log_frequency: the count of item 1 is 0, expected a positive one");
  CHECK(item_error(4) == "log_frequency: an item is 4, expected at least 0 and below 4 (num_items)");
  CHECK(item_error(-2) == "log_frequency: an item is -2, expected at least 0 and below 4 (num_items)");
  CHECK(error_text([] { log_q<float>({-1}, {0}); }) ==
        "log_frequency: an item is -1, expected at least 0 and below 4 (num_items)");

  items negatives(6);
  std::vector<float> out(8);
  const items positives{0, 2};
  CHECK(error_text([&] { frequency(positives, as_matrix(negatives, 3, 2), as_matrix(out, 2, 4)); }) ==
        "log_frequency: negatives is [3, 2], expected [2, K] (a row for each positive)");
  CHECK(error_text([&] { frequency(positives, as_matrix(negatives, 2, 3), as_matrix(out, 4, 2)); }) ==
        "log_frequency: log_q is [4, 2], expected [2, 4]");
}
