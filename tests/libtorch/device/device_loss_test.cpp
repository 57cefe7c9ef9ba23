#include <limits>

#include <c10/cuda/CUDAGuard.h>

#include <prefopt/libtorch.hpp>
#include <prefopt/recipes.hpp>

#include "../tensors.hpp"
#include "device_losses.hpp"
#include "devices.hpp"

/// \file
/// LibTorch's tensors on a device, by the kernels, against the same on the host.

namespace {

using prefopt::libtorch::batch;
using prefopt::libtorch::options;
using test::largest_difference;
using test::log_probabilities;
using test::no_waiting;
using test::skipped;

const auto s_dpo = prefopt::s_dpo({.beta = 0.5});

batch on_device(const batch& tensors) {
  batch copy;
  const auto move = [](auto, const at::Tensor& given, at::Tensor& member) {
    if (given.defined()) member = given.detach().to(at::kCUDA);
  };
  prefopt::libtorch::detail::each_tensor_of_numbers(tensors, copy, move);
  prefopt::libtorch::detail::each_tensor_of_integers(tensors, copy, move);
  return copy;
}

struct loss_and_gradients {
  at::Tensor loss, policy;
};

template <class Call>
loss_and_gradients differentiated(batch tensors, const Call& call) {
  at::Tensor& policy = tensors.policy.defined() ? tensors.policy : tensors.scores;
  policy = policy.detach().requires_grad_();
  const at::Tensor loss = call(tensors);
  return {loss.detach(), torch::autograd::grad({loss.dim() > 0 ? loss.sum() : loss}, {policy})[0]};
}

/// The host computes in double what the device does in the tensors' own type.
template <class Objective>
void check_on_device(const Objective& objective, const batch& tensors, const options<>& asked = {}) {
  const auto host =
      differentiated(tensors, [&](const batch& b) { return prefopt::libtorch::loss(objective, b, asked); });
  const batch moved = on_device(tensors);
  const auto device = [&] {
    const no_waiting guard;
    return differentiated(moved, [&](const batch& b) { return test::loss_by_nvcc(objective, b, asked); });
  }();
  CHECK(device.loss.is_cuda());
  const bool exact = device.loss.scalar_type() == at::kDouble;
  const double rows = static_cast<double>(host.policy.size(0));
  CHECK(largest_difference(device.loss.cpu(), host.loss) <= (exact ? 1e-12 : 3e-5));
  CHECK(largest_difference(device.policy.cpu(), host.policy) * rows <= (exact ? 1e-12 : 3e-5));
}

batch example(std::int64_t rows, std::int64_t candidates, at::ScalarType type) {
  at::Tensor policy = log_probabilities(rows, candidates, 1, type);
  policy.slice(1, 1).masked_fill_(policy.slice(1, 1) < -9, -std::numeric_limits<double>::infinity());
  return {.policy = policy,
          .reference = log_probabilities(rows, candidates, 2, type),
          .weights = at::linspace(0.5, 2, rows, type)};
}

TEST_CASE("a_device_agrees_with_the_host_and_nobody_waits") {
  if (skipped()) return;
  for (const at::ScalarType type : {at::kFloat, at::kDouble})
    for (const std::int64_t candidates : {2, 5, 16, 50, 200, 1000}) {
      CAPTURE(candidates);
      const batch tensors = example(333, candidates, type);
      check_on_device(s_dpo, tensors);
      check_on_device(s_dpo, tensors, {.reduction = prefopt::reduction::sum});
      check_on_device(s_dpo, tensors, {.reduction = prefopt::reduction::none});
      check_on_device(prefopt::bce(), {.scores = tensors.policy, .weights = tensors.weights});
    }
}

TEST_CASE("orders_and_counts_of_64_bits_are_read_there") {
  if (skipped()) return;
  batch tensors = example(100, 20, at::kDouble);
  tensors.counts = at::arange(100) % 20;
  check_on_device(s_dpo, tensors);
  tensors.counts = at::Tensor();
  tensors.order = at::argsort(log_probabilities(100, 20, 3), 1, /*descending=*/true);
  check_on_device(prefopt::plackett_luce(), tensors);
}

TEST_CASE("graded_pairs_are_compared_there") {
  if (skipped()) return;
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor scores = log_probabilities(100, 20, 1, type);
    check_on_device(prefopt::ranknet(), {.scores = scores, .relevance = scores.flip(1).abs().round()});
  }
}

TEST_CASE("half_and_bfloat16_are_computed_in_float_there") {
  if (skipped()) return;
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const at::Tensor policy = log_probabilities(50, 8, 1, type).cuda().requires_grad_();
    const at::Tensor loss = test::loss_by_nvcc(s_dpo, {.policy = policy}, {});
    CHECK((loss.scalar_type() == at::kFloat));
    loss.backward();
    CHECK((policy.grad().scalar_type() == type));
    const at::Tensor exact = policy.detach().cpu().to(at::kFloat).requires_grad_();
    prefopt::libtorch::loss(s_dpo, exact).backward();
    CHECK(largest_difference(policy.grad().cpu(), exact.grad()) < (type == at::kHalf ? 1e-4 : 1e-3));
  }
}

TEST_CASE("strides_streams_and_the_references_gradient_are_the_tensors_own") {
  if (skipped()) return;
  const at::Tensor wide = log_probabilities(6, 40, 1).cuda(), reference = log_probabilities(40, 6, 2).cuda();
  const c10::cuda::CUDAStreamGuard stream(c10::cuda::getStreamFromPool());
  stream.current_stream().synchronize();
  const at::Tensor policy = wide.t().detach().requires_grad_(), r = reference.clone().requires_grad_();
  const at::Tensor loss = test::loss_by_nvcc(s_dpo, {.policy = policy, .reference = r}, {});
  loss.backward();
  const at::Tensor p = wide.t().cpu().contiguous().requires_grad_();
  const at::Tensor expected = prefopt::libtorch::loss(s_dpo, p, reference.cpu());
  expected.backward();
  CHECK(largest_difference(loss.cpu(), expected) < 1e-12);
  CHECK(largest_difference(policy.grad().cpu(), p.grad()) < 1e-12);
  CHECK(largest_difference(r.grad().cpu(), -p.grad()) < 1e-12);
}

TEST_CASE("statistics_are_those_of_the_host") {
  if (skipped()) return;
  const batch tensors = example(64, 8, at::kDouble);
  const auto said = test::evaluated_by_nvcc(s_dpo, on_device(tensors), {});
  const auto expected = prefopt::libtorch::loss_and_statistics(s_dpo, tensors);
  CHECK(largest_difference(said.loss.cpu(), expected.loss) < 1e-12);
  CHECK(said.statistics.margin == doctest::Approx(expected.statistics.margin));
  CHECK(said.statistics.accuracy == doctest::Approx(expected.statistics.accuracy));
  CHECK(said.statistics.examples == expected.statistics.examples);
}

TEST_CASE("what_has_no_kernel_takes_the_generic_path_there") {
  if (skipped()) return;
  const at::Tensor scores = log_probabilities(9, 5, 1), grades = at::arange(5, at::kDouble).expand({9, 5});
  const at::Tensor on_host =
      prefopt::libtorch::loss(prefopt::neural_ndcg(), {.scores = scores, .relevance = grades});
  const at::Tensor there =
      test::loss_by_nvcc(prefopt::neural_ndcg(), {.scores = scores.cuda(), .relevance = grades.cuda()}, {});
  CHECK(largest_difference(there.cpu(), on_host) < 1e-12);
}

}  // namespace
