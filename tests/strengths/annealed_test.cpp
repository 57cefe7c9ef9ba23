#include <doctest/doctest.h>

#include <prefopt/strengths/annealed.hpp>

#include "support/error_text.hpp"

namespace {

using prefopt::strengths::annealed;
using prefopt::strengths::annealing;

TEST_CASE("it_starts_and_ends_exactly_and_moves_one_way") {
  for (const annealing shape : {annealing::linear, annealing::cosine})
    for (const auto& [start, end] : {std::pair{1.0, 0.1}, {0.3, 0.7}, {0.2, 0.2}}) {
      const annealed beta{.start = start, .end = end, .steps = 10'000, .shape = shape};
      CHECK(beta.at(0) == start);
      CHECK(beta.at(10'000) == end);
      CHECK(beta.at(1'000'000) == end);
      for (std::uint64_t step = 0; step < 10'000; ++step)
        REQUIRE((end - start) * (beta.at(step + 1) - beta.at(step)) >= 0);
      CHECK(beta.at(5'000) == doctest::Approx((start + end) / 2));
    }
}

TEST_CASE("cosine_is_slow_at_both_ends") {
  const annealed line{.start = 1, .end = 0, .steps = 100},
      wave{.start = 1, .end = 0, .steps = 100, .shape = annealing::cosine};
  CHECK(wave.at(10) > line.at(10));
  CHECK(wave.at(90) < line.at(90));
}

TEST_CASE("settings_outside_their_range_are_refused") {
  CHECK(error_text([] { annealed{.start = 0}.check(); }) ==
        "annealed: start is 0, expected a finite value above 0");
  CHECK(error_text([] { annealed{.end = -1}.check(); }) ==
        "annealed: end is -1, expected a finite value above 0");
  CHECK(error_text([] { annealed{.steps = 0}.check(); }) == "annealed: steps is 0, expected at least 1");
}

}  // namespace
