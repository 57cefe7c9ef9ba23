#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include <prefopt/references/mix.hpp>
#include <prefopt/state_text.hpp>
#include <prefopt/strengths/gap_state.hpp>

#include "support/error_text.hpp"

namespace {

using prefopt::load_state;
using prefopt::save_state;
using prefopt::references::sync_state;
using prefopt::strengths::gap_state;

bool same_bits(double x, double y) {
  return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
}

TEST_CASE("what_is_loaded_is_what_was_saved_to_the_last_bit") {
  std::mt19937_64 generator(1);
  for (int trial = 0; trial < 10'000; ++trial) {
    const gap_state saved{std::bit_cast<double>(generator()), std::bit_cast<double>(generator()),
                          generator()};
    const auto loaded = load_state<gap_state>(save_state(saved));
    REQUIRE(same_bits(loaded.mean, saved.mean));
    REQUIRE(same_bits(loaded.deviation, saved.deviation));
    REQUIRE(loaded.batches == saved.batches);
  }
  CHECK(load_state<sync_state>(save_state(sync_state{12, 3}) + "\n").steps == 12);
}

TEST_CASE("a_state_is_one_line_that_says_what_it_is") {
  CHECK(save_state(gap_state{.mean = 1, .deviation = -0.0, .batches = 255}) ==
        "gap_state mean=3ff0000000000000 deviation=8000000000000000 batches=00000000000000ff");
}

TEST_CASE("a_text_that_is_no_such_state_is_refused") {
  const std::string text = save_state(gap_state{});
  CHECK(error_text([&] { load_state<sync_state>(text); }) ==
        "load_state: text goes on with \"gap_state mean=0000000000000000 \", expected \"sync_state\" of a "
        "sync_state");
  CHECK(error_text([&] { load_state<gap_state>(text.substr(0, 30)); }) ==
        "load_state: mean has 15 hexadecimal digits, expected 16");
  CHECK(error_text([&] { load_state<gap_state>(text + "0"); }) ==
        "load_state: \"0\" follows the gap_state, expected the end of the text");
  CHECK(error_text([&] { load_state<gap_state>(""); }) ==
        "load_state: text goes on with \"\", expected \"gap_state\" of a gap_state");
}

}  // namespace
