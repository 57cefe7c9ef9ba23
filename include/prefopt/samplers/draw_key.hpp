#pragma once

#include <cstdint>

#include <prefopt/detail/instruction_set.hpp>

/// \file
/// What goes into every draw, and what comes out where nothing can be drawn.

namespace prefopt {

/// Names the random numbers of a call. Example b of the call draws from the words of
/// (seed, step, first_example + b) and from nothing else.
struct draw_key {
  /// The generator's counter holds 48 bits of the step and of the example.
  static constexpr std::uint64_t limit = std::uint64_t{1} << 48;

  std::uint64_t seed = 0;
  std::uint64_t step = 0;           ///< below `limit`; a new one whenever the same examples draw again
  std::uint64_t first_example = 0;  ///< index of the call's first example among all; they stay below `limit`
};

namespace samplers {

using prefopt::draw_key;  // one for the samplers of all instruction sets

/// Stands in the last places of a row where an example ran out of items.
inline constexpr std::int32_t masked = -1;

}  // namespace samplers
}  // namespace prefopt
