#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <prefopt/error.hpp>
#include <prefopt/numeric/scalar.hpp>

namespace prefopt::detail {

/// How often each item of a catalogue was chosen: 1 to 2^31 - 1 numbers, none negative, all finite.
inline void require_counts(std::span<const double> counts, std::string_view where) {
  require(!counts.empty() && counts.size() <= INT32_MAX, where, "the size of counts is ", counts.size(),
          ", expected 1 to 2^31 - 1");
  for (std::size_t i = 0; i < counts.size(); ++i)
    require(counts[i] >= 0 && counts[i] < detail::infinity, where, "counts[", i, "] is ", counts[i],
            ", expected at least 0 and finite");
}

}  // namespace prefopt::detail
