#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/noise/logits.hpp>
#include <prefopt/noise/parameters.hpp>

#include "support/error_text.hpp"
#include "support/matrix.hpp"
#include "support/thread_executor.hpp"

namespace {

using prefopt::index;
using prefopt::noise::mode;
using test::matrix;
namespace noise = prefopt::noise;

template <class Noise>
matrix<double> perturbed(const Noise& noise, const matrix<double>& in, const prefopt::samplers::draw_key& key,
                         const prefopt::executor& executor = {}) {
  matrix<double> out(in.rows(), in.columns());
  noise.template apply<double>(key, in, out, executor);
  return out;
}

const matrix<double> some{{1, -2, 3}, {0.5, 0, 1e4}};

TEST_CASE("without_sigma_and_in_evaluation_nothing_changes") {
  CHECK(perturbed(noise::logits{.sigma = 0}, some, {.seed = 1}) == some);
  CHECK(perturbed(noise::parameters{.sigma = 0}, some, {.seed = 1}) == some);
  CHECK(perturbed(noise::logits{.mode = mode::evaluation}, some, {.seed = 1}) == some);
  CHECK(perturbed(noise::parameters{.mode = mode::evaluation}, some, {.seed = 1}) == some);
  CHECK(perturbed(noise::logits{}, some, {.seed = 1}) != some);
}

TEST_CASE("logits_scatter_around_themselves_in_proportion_and_parameters_alike") {
  constexpr index draws = 200'000;
  for (const double z : {2.0, -0.25}) {
    const matrix<double> in(draws, 2, z);
    const auto logits = perturbed(noise::logits{.sigma = 0.3}, in, {.seed = 3});
    const auto parameters = perturbed(noise::parameters{.sigma = 0.3}, in, {.seed = 3});
    for (const auto& [values, deviation] : {std::pair{&logits, 0.3 * std::abs(z)}, {&parameters, 0.3}}) {
      const double n = 2 * draws;
      double mean = 0, variance = 0, third = 0, fourth = 0;
      for (const double x : values->values()) mean += x / n;
      for (const double x : values->values()) {
        const double e = (x - mean) / deviation;
        variance += e * e / n, third += e * e * e / n, fourth += e * e * e * e / n;
      }
      CHECK(std::abs(mean - z) < 5 * deviation / std::sqrt(n));
      CHECK(std::abs(variance - 1) < 5 * std::sqrt(2 / n));
      CHECK(std::abs(third) < 5 * std::sqrt(15 / n));
      CHECK(std::abs(fourth - 3) < 5 * std::sqrt(96 / n));
    }
  }
}

TEST_CASE("neighbours_in_a_row_and_in_a_column_are_independent") {
  constexpr index rows = 100'000;
  const auto e = perturbed(noise::parameters{.sigma = 1}, matrix<double>(rows, 3, 0.0), {.seed = 9});
  double across = 0, along = 0;
  for (index b = 0; b + 1 < rows; ++b) across += e(b, 0) * e(b, 1), along += e(b, 2) * e(b + 1, 2);
  CHECK(std::abs(across) < 5 * std::sqrt(static_cast<double>(rows)));
  CHECK(std::abs(along) < 5 * std::sqrt(static_cast<double>(rows)));
}

TEST_CASE("noise_depends_on_seed_step_and_row_and_on_nothing_else") {
  const auto in = test::random_scores<double>(64, 5, 1, 1);
  const noise::logits noise{.sigma = 0.5};
  const auto whole = perturbed(noise, in, {.seed = 4, .step = 2});
  CHECK(perturbed(noise, in, {.seed = 4, .step = 2}, one_thread_each(7)) == whole);
  CHECK(perturbed(noise, in, {.seed = 5, .step = 2}) != whole);
  CHECK(perturbed(noise, in, {.seed = 4, .step = 3}) != whole);
  matrix<double> tail(14, 5);
  noise.apply<double>({.seed = 4, .step = 2, .first_example = 50}, prefopt::view(in).block(50, 14), tail);
  for (index b = 0; b < 14; ++b)
    for (index k = 0; k < 5; ++k) REQUIRE(tail(b, k) == whole(50 + b, k));
}

TEST_CASE("the_gradient_of_a_logit_takes_the_factor_of_its_forward") {
  const matrix<double> ones(3, 4, 1.0);
  const auto in = test::random_scores<double>(3, 4, 1, 1);
  const noise::logits noise{.sigma = 0.5};
  const prefopt::samplers::draw_key key{.seed = 4};
  const auto out = perturbed(noise, in, key);
  matrix<double> slopes(3, 4);
  noise.backward<double>(key, ones, slopes);
  for (std::size_t i = 0; i < 12; ++i)
    CHECK(out.values()[i] == doctest::Approx(in.values()[i] * slopes.values()[i]));
}

TEST_CASE("a_masked_logit_stays_masked") {
  const double masked = -std::numeric_limits<double>::infinity();
  CHECK(perturbed(noise::logits{.sigma = 3}, {{1, masked}}, {})(0, 1) == masked);
}

TEST_CASE("input_and_output_may_be_the_same_tensor") {
  matrix<double> in_place = some;
  noise::parameters{}.apply<double>({.seed = 1}, in_place, in_place);
  CHECK(in_place == perturbed(noise::parameters{}, some, {.seed = 1}));
}

TEST_CASE("arguments_that_make_no_sense_are_refused") {
  CHECK(error_text([] { perturbed(noise::logits{.sigma = -1}, some, {}); }) ==
        "noise::logits: sigma is -1, expected a finite value of at least 0");
  CHECK(error_text([] { perturbed(noise::parameters{}, some, {.step = std::uint64_t{1} << 48}); }) ==
        "noise::parameters: step is 281474976710656 and first_example 0, expected both below 2^48");
  CHECK(error_text([] {
          matrix<double> narrow(2, 2);
          noise::logits{}.apply<double>({}, some, narrow);
        }) == "noise::logits: out is [2, 2], expected [2, 3] (the shape of in)");
  CHECK(error_text([] { noise::logits{}.apply<double>({}, some, {}); }) == "noise::logits: out is absent");
}

}  // namespace
