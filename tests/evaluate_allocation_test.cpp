#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>

#include "support/engine.hpp"

/// \file
/// Counts what the program takes from the heap, in a program of its own: glibc's malloc is replaced; the
/// sanitizers, which have a malloc of their own, call a hook.

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

namespace {
std::atomic<long> allocations = 0;
[[maybe_unused]] const int hook = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { ++allocations; }, [](const volatile void*) {});
}  // namespace

#else

namespace {
std::atomic<long> allocations = 0;
}

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  ++allocations;
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  ++allocations;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** place, std::size_t alignment, std::size_t size) noexcept {
  ++allocations;
  *place = __libc_memalign(alignment, size);
  return *place != nullptr ? 0 : ENOMEM;
}
}

#endif

// Visible to the linker, so that no optimiser proves them unused.
struct alignas(64) wide {
  float lanes[16];
};
std::vector<double> kept;
std::vector<wide> kept_wide;

namespace {

using prefopt::index;
using test::matrix;

template <class Work>
long allocations_of(const Work& work) {
  const long before = allocations;
  work();
  return allocations - before;
}

TEST_CASE("the_counter_sees_what_is_allocated") {
  CHECK(allocations_of([] { kept.resize(9); }) == 1);
  CHECK(allocations_of([] { kept_wide.resize(3); }) == 1);
  CHECK(allocations_of([] { kept.resize(4); }) == 0);
}

template <class Scalar>
void check_steady_state(index rows, index rejected) {
  for (const auto& recipe : test::all_recipes<Scalar>()) {
    CAPTURE(recipe.name);
    const index n = recipe.columns(rejected);
    auto policy = test::random_scores<Scalar>(rows, n, 2, 1);
    const auto reference = test::random_scores<Scalar>(rows, n, 1, 2);
    if (rows > 2) policy(2, n - 1) = -std::numeric_limits<Scalar>::infinity();
    const matrix<Scalar> weights(rows, 1, 1);
    const matrix<std::int32_t> counts(rows, 1, static_cast<std::int32_t>(n - 1));
    matrix<Scalar> gradient(rows, n), losses(rows, 1);
    const prefopt::batch<Scalar> batch{
        .policy = policy, .reference = reference, .counts = counts, .weights = weights};
    const auto loss_alone = [&] { recipe(batch); };
    const auto with_gradient = [&] { recipe(batch, gradient, {.losses = losses}); };
    loss_alone();
    CHECK(allocations_of(loss_alone) == 0);
    with_gradient();
    CHECK(allocations_of(with_gradient) == 0);
    CHECK(allocations_of(loss_alone) == 0);
  }
}

TEST_CASE_TEMPLATE("the_second_call_allocates_nothing", Scalar, float, double) {
  check_steady_state<Scalar>(1, 1);
  check_steady_state<Scalar>(47, 30);
  check_steady_state<Scalar>(1000, 64);
}

TEST_CASE("a_smaller_batch_after_a_larger_one_allocates_nothing") {
  const matrix<float> large(900, 100), small(500, 60);
  matrix<float> large_gradient(900, 100), small_gradient(500, 60);
  test::evaluate<float>(prefopt::s_dpo(), {.policy = large}, large_gradient);
  CHECK(allocations_of([&] { test::evaluate<float>(prefopt::s_dpo(), {.policy = small}, small_gradient); }) ==
        0);
}

TEST_CASE("orders_strengths_and_corrections_allocate_nothing_the_second_time") {
  const auto policy = test::random_scores<double>(300, 5, 1, 3);
  matrix<std::int32_t> order(300, 5);
  for (index b = 0; b < 300; ++b)
    for (index k = 0; k < 5; ++k) order(b, k) = static_cast<std::int32_t>((k + b) % 5);
  const matrix<double> beta(300, 1, 0.5);
  matrix<double> gradient(300, 5);
  const auto in_order = [&] {
    test::evaluate<double>(prefopt::plackett_luce(), {.policy = policy, .order = order, .beta = beta},
                           gradient);
  };
  const auto corrected = [&] {
    test::evaluate<double>(prefopt::softmax(), {.policy = policy, .log_q = policy}, gradient);
  };
  in_order();
  corrected();
  CHECK(allocations_of(in_order) == 0);
  CHECK(allocations_of(corrected) == 0);
}

TEST_CASE("strengths_from_the_batch_and_selections_allocate_nothing_the_second_time") {
  const auto pairs = test::random_scores<float>(300, 2, 1, 3),
             rows = test::random_scores<float>(300, 9, 1, 4);
  matrix<float> gradient(300, 2), wide_gradient(300, 9);
  prefopt::strengths::gap_state state;
  const auto filtered = [&] {
    prefopt::evaluate(prefopt::beta_dpo(), {.policy = pairs}, gradient, {.state = &state});
  };
  const auto selected = [&] { prefopt::evaluate(prefopt::dynamicpo(), {.policy = rows}, wide_gradient); };
  filtered();
  selected();
  CHECK(allocations_of(filtered) == 0);
  CHECK(allocations_of(selected) == 0);
}

TEST_CASE("many_tasks_allocate_nothing_the_second_time") {
  const matrix<float> policy(20'000, 4);
  matrix<float> gradient(20'000, 4);
  const prefopt::executor in_turn{.tasks = 5};
  const auto work = [&] {
    test::evaluate<float>(prefopt::s_dpo(), {.policy = policy}, gradient, {.executor = in_turn});
  };
  work();
  CHECK(allocations_of(work) == 0);
}

TEST_CASE("a_workspace_keeps_its_memory_from_call_to_call") {
  const matrix<float> policy(300, 64);
  matrix<float> gradient(300, 64);
  prefopt::workspace workspace;
  const auto work = [&] {
    test::evaluate<float>(prefopt::s_dpo(), {.policy = policy}, gradient, {.workspace = &workspace});
  };
  CHECK(allocations_of(work) > 0);
  CHECK(allocations_of(work) == 0);
}

}  // namespace
