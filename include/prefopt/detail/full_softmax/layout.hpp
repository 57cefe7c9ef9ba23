#pragma once

#include <prefopt/detail/matrix_kernel.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::detail {

constexpr index smaller(index a, index b) { return b < a ? b : a; }
constexpr index larger(index a, index b) { return a < b ? b : a; }

/// How the work is cut. It depends on shapes alone, so that no executor changes a result.
///
/// Examples come in groups, whose packed queries and gradients stay in the L2 cache while the catalogue goes by
/// twice, and a group in panels, one of which is multiplied at a time. Items come in chunks, the unit that is
/// shared out, and a chunk in blocks: a block, its gradient and one panel of scores stay near the core.
template <class T>
struct full_softmax_layout {
  static constexpr index panel = 64;  ///< examples
  static_assert(panel % padding<T> == 0);

  index padded_width;  ///< d, with its padding
  index group;         ///< examples
  index block;         ///< items
  index flush;         ///< items after which float sums are added to double ones
  index chunk;         ///< items

  full_softmax_layout(index examples, index items, index width) : padded_width(round_up(width, padding<T>)) {
    constexpr index group_numbers = 1 << 15, block_numbers = 6 << 10, blocks_per_flush = 8;
    const index most_examples = larger(group_numbers / padded_width / panel, 1) * panel;
    group = smaller(most_examples, larger(round_up(examples, padding<T>), 1));
    block = round_up(smaller(larger(block_numbers / padded_width, 64), 128), padding<T>);
    flush = blocks_per_flush * block;
    // So many that threads have enough to share, and that the gradients they leave behind stay small.
    const index most_chunks = larger(smaller((1 << 21) / (group * padded_width), 64), 8);
    chunk = round_up(larger((items + most_chunks - 1) / most_chunks, 1), flush);
  }
};

}  // namespace prefopt::detail
