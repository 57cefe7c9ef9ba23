#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/in_batch.hpp>

#include "draws.hpp"

using prefopt::samplers::in_batch;

namespace {

const examples batch{{7, 3, 3, 9, 7, 7, 0, 4},
                     {{}, {9}, {7, 9}, {}, {0, 3, 4, 9}, {5}, {}, {0, 1, 2, 3, 7, 9}}};

}  // namespace

TEST_CASE("in-batch negatives are the positives of other examples, without the liked ones") {
  for (const bool repeat : {false, true})
    for (const prefopt::index count : {1, 3, 100})
      check_rows(in_batch{.batch = batch.positives, .num_items = 10, .repeat = repeat}, batch, 10, count,
                 repeat);
}

TEST_CASE("an item is drawn in proportion to how many examples prefer it") {
  const in_batch sampler{.batch = batch.positives, .num_items = 10};
  CHECK(law_of(sampler, 0, {}, 10) == std::vector<double>{0, 0, 0, 2 / 7., 1 / 7., 0, 0, 3 / 7., 0, 1 / 7.});
  CHECK(law_of(sampler, 3, {0, 9}, 10) == std::vector<double>{0, 0, 0, 0, 0.25, 0, 0, 0.75, 0, 0});
  CHECK(law_of(sampler, 5, {0, 3, 4, 7, 9}, 10) == std::vector<double>(10, 0.0));
}

TEST_CASE("a batch of one example has no negatives") {
  const items one{4};
  CHECK(draw(in_batch{.batch = one, .num_items = 10}, {{4}, {{}}}, 2) == items{-1, -1});
}

TEST_CASE("in-batch draws the same on any number of threads, and for a part of the batch") {
  check_reproducible(in_batch{.batch = batch.positives, .num_items = 10}, batch);
  check_reproducible(in_batch{.batch = batch.positives, .num_items = 10, .repeat = true}, batch);
}

TEST_CASE("in-batch writes into any layout") {
  check_layouts(in_batch{.batch = batch.positives, .num_items = 10}, batch);
}

TEST_CASE("in-batch names what makes no sense") {
  check_errors(in_batch{.batch = batch.positives, .num_items = 10}, "in_batch");
  const auto error_of = [](const items& positives, prefopt::index num_items) {
    return error_text([&] { draw(in_batch{.batch = positives, .num_items = num_items}, {}, 1); });
  };
  CHECK(error_of({}, 10) == "in_batch::draw: the size of batch is 0, expected 1 to 2^31 - 1");
  CHECK(error_of({1}, 0) == "in_batch::draw: num_items is 0, expected 1 to 2^31 - 1");
  CHECK(error_of({1, 10}, 10) ==
        "in_batch::draw: an item of the batch is 10, expected at least 0 and below 10 (num_items)");
  CHECK(error_of({-1}, 10) ==
        "in_batch::draw: an item of the batch is -1, expected at least 0 and below 10 (num_items)");
}
