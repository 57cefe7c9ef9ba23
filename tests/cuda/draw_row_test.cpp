#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/cuda/draw_row.hpp>
#include <prefopt/cuda/samplers.hpp>
#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/uniform.hpp>

/// \file
/// The draws of a device's thread are the host's, item for item, whatever is excluded.

namespace {

namespace samplers = prefopt::samplers;
using prefopt::index;

struct histories {
  std::vector<index> offsets{0};
  std::vector<std::int32_t> items, positives;

  /// Lists from none to all of the catalogue.
  histories(index rows, std::int32_t num_items, std::uint32_t seed) {
    std::mt19937 generator(seed);
    for (index b = 0; b < rows; ++b) {
      positives.push_back(static_cast<std::int32_t>(generator() % static_cast<std::uint32_t>(num_items)));
      const auto kept_of_8 = static_cast<std::uint32_t>(b % 9);
      for (std::int32_t item = 0; item < num_items; ++item)
        if (generator() % 8 < kept_of_8) items.push_back(item);
      offsets.push_back(static_cast<index>(items.size()));
    }
  }
  samplers::history_view view() const { return {offsets, items}; }
  prefopt::cuda::history_rows rows() const { return {offsets.data(), items.data()}; }
};

template <class Sampler, class Law>
void check_draws(const Sampler& sampler, const Law& law, bool repeat, index num_items, index places) {
  constexpr index rows = 45;
  const histories known(rows, static_cast<std::int32_t>(num_items), 7);
  const samplers::draw_key key{
      .seed = 0x123456789abcdef, .step = 42, .first_example = std::uint64_t{1} << 40};
  std::vector<std::int32_t> expected(static_cast<std::size_t>(rows * places), -7), drawn = expected;
  const index missing =
      sampler.draw(known.positives, known.view(), key, prefopt::as_matrix(expected, rows, places));
  index masked = 0;
  for (index b = 0; b < rows; ++b)
    masked += prefopt::cuda::draw_row(law, repeat, known.positives[static_cast<std::size_t>(b)], known.rows(),
                                      b, key, drawn.data() + b * places, places, 1);
  CHECK(drawn == expected);
  CHECK(masked == missing);
  CHECK(missing > 0);  // some rows ran out of items: the exact law was asked, too
}

TEST_CASE("uniform_draws_are_the_hosts") {
  for (const index num_items : {20, 97})
    for (const bool repeat : {false, true}) {
      CAPTURE(num_items);
      CAPTURE(repeat);
      check_draws(samplers::uniform{.num_items = num_items, .repeat = repeat},
                  prefopt::cuda::uniform{num_items, repeat}.law(), repeat, num_items, 15);
    }
}

TEST_CASE("popularity_draws_are_the_hosts") {
  for (const index num_items : {20, 97})
    for (const bool repeat : {false, true}) {
      CAPTURE(num_items);
      CAPTURE(repeat);
      std::vector<double> counts;
      for (index i = 0; i < num_items; ++i)
        counts.push_back(i % 7 == 3 ? 0 : 1000.0 / (1.0 + static_cast<double>(i)));
      const samplers::popularity sampler(counts, {.alpha = 0.75, .repeat = repeat});
      const auto& law = sampler.unrestricted();
      check_draws(
          sampler,
          prefopt::cuda::popularity{law.table().entries().data(), law.weights().data(), num_items, repeat}
              .law(),
          repeat, num_items, 15);
    }
}

TEST_CASE("examples_have_the_lists_that_they_name") {
  constexpr index num_items = 97, places = 15;
  const histories known(9, num_items, 7);
  const std::vector<std::int32_t> lists{8, 0, 8, 3}, positives{1, 2, 3, 4};
  const samplers::draw_key key{.seed = 5, .step = 6};
  const auto rows = static_cast<index>(lists.size());
  std::vector<std::int32_t> expected(lists.size() * places, -7), drawn = expected;
  samplers::uniform{.num_items = num_items}.draw(positives, known.view().of(lists), key,
                                                 prefopt::as_matrix(expected, rows, places));
  const prefopt::cuda::history_rows named{known.offsets.data(), known.items.data(), lists.data()};
  const prefopt::cuda::uniform device{.num_items = num_items};
  for (index b = 0; b < rows; ++b)
    prefopt::cuda::draw_row(device.law(), device.repeat, positives[static_cast<std::size_t>(b)], named, b,
                            key, drawn.data() + b * places, places, 1);
  CHECK(drawn == expected);
}

}  // namespace
