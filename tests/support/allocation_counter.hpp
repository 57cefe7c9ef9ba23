#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>

/// \file
/// Counts what the program takes from the heap. For one source file of a program: glibc's malloc is replaced; the
/// sanitizers, which have a malloc of their own, call a hook.

namespace test {

inline std::atomic<long> allocations = 0, allocated_bytes = 0;

inline void count_allocation(std::size_t size) {
  ++allocations;
  allocated_bytes += static_cast<long>(size);
}

}  // namespace test

#if defined(__has_feature)
#define PREFOPT_HAS(feature) __has_feature(feature)
#else
#define PREFOPT_HAS(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || PREFOPT_HAS(address_sanitizer) || \
    PREFOPT_HAS(thread_sanitizer)

// <sanitizer/allocator_interface.h>, which g++ does not install.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                                         void (*on_free)(const volatile void*));

namespace test {
[[maybe_unused]] inline const int allocation_hook = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t size) { count_allocation(size); }, [](const volatile void*) {});
}  // namespace test

#else

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept {
  test::count_allocation(size);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  test::count_allocation(count * size);
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  test::count_allocation(size);
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  test::count_allocation(size);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** place, std::size_t alignment, std::size_t size) noexcept {
  test::count_allocation(size);
  *place = __libc_memalign(alignment, size);
  return *place != nullptr ? 0 : ENOMEM;
}
}

#endif

namespace test {

struct allocation_cost {
  long allocations, bytes;
};

template <class Work>
allocation_cost cost_of(const Work& work) {
  const allocation_cost before{allocations, allocated_bytes};
  work();
  return {allocations - before.allocations, allocated_bytes - before.bytes};
}

}  // namespace test
