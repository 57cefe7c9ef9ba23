#include "allocations.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

// Of the thread that counts; what other threads do meanwhile is theirs.
thread_local bool counting = false;
thread_local std::ptrdiff_t bytes_alive = 0;
thread_local bench::allocation_count counted;

void* counted_allocation(std::size_t size, std::size_t alignment) {
  void* const memory = alignment > alignof(std::max_align_t)
                           ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
                           : std::malloc(std::max<std::size_t>(size, 1));
  if (memory == nullptr) throw std::bad_alloc();
  if (counting) {
    ++counted.calls;
    bytes_alive += static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
    counted.most_bytes =
        std::max(counted.most_bytes, static_cast<std::size_t>(std::max<std::ptrdiff_t>(bytes_alive, 0)));
  }
  return memory;
}

void counted_release(void* memory) {
  if (counting && memory != nullptr) bytes_alive -= static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

namespace bench::detail {

void start_counting() {
  bytes_alive = 0;
  counted = {};
  counting = true;
}

allocation_count stop_counting() {
  counting = false;
  return counted;
}

}  // namespace bench::detail

// The array forms call these.
void* operator new(std::size_t size) { return counted_allocation(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted_allocation(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { counted_release(memory); }
void operator delete(void* memory, std::size_t) noexcept { counted_release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { counted_release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { counted_release(memory); }
