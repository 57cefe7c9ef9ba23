#pragma once

#include <cstddef>

/// \file
/// Counts what the program asks of operator new. (LibTorch's tensors go another way and are not counted.)

namespace bench {

struct allocation_count {
  std::size_t calls = 0;       ///< of operator new
  std::size_t most_bytes = 0;  ///< alive at one time, beyond what was alive at the start
};

namespace detail {
void start_counting();
allocation_count stop_counting();
}  // namespace detail

/// What `call` allocates on this thread.
template <class Call>
allocation_count count_allocations(Call&& call) {
  detail::start_counting();
  call();
  return detail::stop_counting();
}

}  // namespace bench
