#include <c10/cuda/CUDAGuard.h>

#include <prefopt/libtorch.hpp>
#include <prefopt/samplers/uniform.hpp>

#include "../examples.hpp"
#include "../tensors.hpp"
#include "device_draws.hpp"
#include "devices.hpp"

/// \file
/// Negatives for LibTorch's tensors on a device, by the kernels: those of the host.

namespace {

namespace lt = prefopt::libtorch;
namespace samplers = prefopt::samplers;
using test::are_equal;

constexpr std::int32_t users = 333, num_items = 1009;
const lt::draw_options options{.count = 40, .key = {.seed = 7, .step = 40, .first_example = 1000}};

/// \param there draws on the device
template <class Sampler>
void check_draws(const Sampler& sampler, const test::draw_by_nvcc& there) {
  const test::users all(users, num_items, 900);
  const at::Tensor some = at::arange(0, users, 3);
  const auto check = [&](const at::Tensor& positives, const lt::history& history, const lt::history& moved) {
    const at::Tensor given = positives.cuda();
    const lt::negatives drawn = [&] {
      const test::no_waiting guard;
      return there(given, moved, options);
    }();
    const lt::negatives expected = lt::draw(sampler, positives, history, options);
    CHECK(drawn.items.is_cuda());
    CHECK(are_equal(drawn.items.cpu(), expected.items));
    CHECK(are_equal(drawn.counts.cpu(), expected.counts));
  };
  const lt::history liked = all.history(), moved = liked.to(at::kCUDA);
  for (const at::ScalarType type : {at::kInt, at::kLong}) {
    const at::Tensor positives = all.positive_ids(type);
    check(positives, {}, {});
    check(positives, liked, liked);
    check(positives, liked, moved);
    check(positives.index_select(0, some), liked.of(some), moved.of(some));
    check(positives.slice(0, 0, 0), {}, {});
  }
}

TEST_CASE("a_device_draws_the_negatives_of_the_host_and_nobody_waits") {
  if (test::skipped()) return;
  for (const bool repeat : {false, true})
    check_draws(samplers::uniform{.num_items = num_items, .repeat = repeat},
                test::uniform_by_nvcc(num_items, repeat));
  const at::Tensor counts = at::arange(num_items) % 50;
  check_draws(lt::popularity(counts), test::popularity_by_nvcc(counts.cuda()));
}

TEST_CASE("draws_are_of_the_current_stream") {
  if (test::skipped()) return;
  const samplers::uniform uniform{.num_items = num_items};
  const at::Tensor positives = at::arange(100), there = positives.cuda();
  c10::cuda::device_synchronize();
  const c10::cuda::CUDAStreamGuard stream(c10::cuda::getStreamFromPool());
  const at::Tensor drawn = test::uniform_by_nvcc(num_items, false)(there, {}, options).items;
  CHECK(are_equal(drawn.cpu(), lt::draw(uniform, positives, {}, options).items));
}

TEST_CASE("tables_that_are_elsewhere_and_tensors_of_the_host_are_drawn_on_the_host") {
  if (test::skipped()) return;
  const at::Tensor counts = at::arange(num_items), positives = at::arange(100);
  const auto here = test::popularity_by_nvcc(counts), there = test::popularity_by_nvcc(counts.cuda());
  const at::Tensor expected = lt::draw(lt::popularity(counts), positives, {}, options).items;
  CHECK(are_equal(here(positives.cuda(), {}, options).items.cpu(), expected));
  CHECK(are_equal(there(positives, {}, options).items, expected));
}

}  // namespace
