#include "../references.hpp"

#include <stdexcept>

#include <doctest/doctest.h>

using namespace sasrec;

namespace {

model filled(float value) {
  model result({.items = 3, .dim = 2, .max_length = 2, .blocks = 1});
  for_each_parameter(result, [&](const auto&, matrix& values) { values.setConstant(value); });
  return result;
}

/// Where a parameter of the reference is after a step, the policy being at 1 and the reference at 0.
float after(const reference_settings& settings, std::uint64_t steps) {
  model reference = filled(0);
  follow(reference, filled(1), settings, steps);
  const float value = reference.item_embeddings()(0, 0);
  for_each_parameter(reference,
                     [&](const auto&, const matrix& values) { CHECK((values.array() == value).all()); });
  return value;
}

}  // namespace

TEST_CASE("references: all parameters follow the policy as the name says") {
  CHECK(after({.name = "frozen"}, 512) == 0);
  CHECK(after({.name = "none"}, 512) == 0);
  CHECK(after({.name = "moving_average", .decay = 0.75}, 1) == 0.25f);
  const reference_settings sync{.name = "periodic_sync", .every = 4, .mixup = 0.5};
  CHECK(after(sync, 3) == 0);
  CHECK(after(sync, 4) == 0.5f);
  CHECK(after(sync, 5) == 0);
  CHECK(after(sync, 8) == 0.5f);
}

TEST_CASE("references: what makes no sense is refused") {
  CHECK_THROWS_WITH_AS(check_reference({.name = "ema"}),
                       "reference is 'ema', expected one of frozen, none, periodic_sync, moving_average",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(check_reference({.name = "moving_average", .decay = 1}),
                       "moving_average: decay is 1, expected a value in [0, 1)", std::invalid_argument);
  CHECK_THROWS_WITH_AS(check_reference({.name = "periodic_sync", .mixup = 0}),
                       "periodic_sync: mixup is 0, expected a value in (0, 1]", std::invalid_argument);
}
