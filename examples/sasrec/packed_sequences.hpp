#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "matrix.hpp"

/// \file
/// Sequences of different lengths, one after the other, with no padding between them.

namespace sasrec {

/// Sequence s owns the tokens [offsets[s], offsets[s + 1]). All activations are [tokens, dim] matrices in
/// this order: everything but attention works token by token and never notices where a sequence ends.
struct packed_sequences {
  std::vector<std::int32_t> items;
  std::vector<Index> offsets{0};

  Index tokens() const { return static_cast<Index>(items.size()); }
  Index sequences() const { return static_cast<Index>(offsets.size()) - 1; }

  void append(std::span<const std::int32_t> sequence) {
    items.insert(items.end(), sequence.begin(), sequence.end());
    offsets.push_back(tokens());
  }
  void clear() {
    items.clear();
    offsets.resize(1);
  }
};

}  // namespace sasrec
