#pragma once

#include <prefopt/tensor.hpp>

namespace prefopt::detail {

/// Asks the memory for `bytes` from here on, a cache line at a time. Any address will do.
[[gnu::always_inline]] inline void prefetch(const void* from, index bytes) {
  constexpr index cache_line = 64;
  constexpr int to_read = 0, into_second_level = 2;  // the first is full of what is being computed
  for (index offset = 0; offset < bytes; offset += cache_line)
    __builtin_prefetch(static_cast<const char*>(from) + offset, to_read, into_second_level);
}

/// Asks for `bytes` that are about to be written, number by number: the first level takes those at once.
[[gnu::always_inline]] inline void prefetch_to_write(const void* from, index bytes) {
  constexpr index cache_line = 64;
  constexpr int to_write = 1, into_first_level = 3;
  for (index offset = 0; offset < bytes; offset += cache_line)
    __builtin_prefetch(static_cast<const char*>(from) + offset, to_write, into_first_level);
}

/// Where the inputs of the rows after this one begin, null if caches hold them anyway. The memory idles while a row takes
/// its exponentials: who adds up a row asks for as much of the next.
struct rows_ahead {
  const void* policy = nullptr;
  const void* reference = nullptr;

  /// As much as `count` elements of this row from k on.
  template <class Element>
  [[gnu::always_inline]] void fetch(index k, index count) const {
    if (policy == nullptr) return;
    constexpr index size = sizeof(Element);
    for (const void* input : {policy, reference})
      prefetch(static_cast<const char*>(input) + k * size, count * size);
  }
};

}  // namespace prefopt::detail
