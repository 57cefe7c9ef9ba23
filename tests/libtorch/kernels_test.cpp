#include <prefopt/libtorch.hpp>
#include <prefopt/libtorch/kernels.hpp>
#include <prefopt/recipes.hpp>

#include "tensors.hpp"

/// \file
/// Which losses go to the kernels of a device, and what becomes of what those say. The kernels are played: this runs
/// anywhere.

namespace {

using prefopt::libtorch::batch;
using prefopt::libtorch::path;
using prefopt::libtorch::detail::has_kernel;
using prefopt::libtorch::detail::kernel_does;
using prefopt::libtorch::detail::known_loss;
using test::largest_difference;
using test::log_probabilities;

const auto s_dpo = prefopt::s_dpo({.beta = 0.5});
using s_dpo_type = decltype(prefopt::s_dpo());
using plackett_luce_type = decltype(prefopt::plackett_luce());

constexpr double played_loss = 42;

/// Says the same of every batch.
struct played_kernels {
  template <class Scalar, class Objective>
  static constexpr bool evaluate = has_kernel<Scalar, Objective>();

  template <class Objective>
  static bool take(const batch& tensors,
                   const prefopt::libtorch::options<prefopt::state_of<Objective>>& options) {
    return kernel_does<Objective>(tensors, options);
  }
  template <class Scalar, class Objective>
  static known_loss run(const Objective&, const batch& tensors, bool with_gradient, prefopt::reduction) {
    known_loss said{at::full({}, played_loss, tensors.policy.options().requires_grad(false)), {}};
    if (with_gradient) said.gradient = at::full(tensors.policy.sizes(), 2, said.loss.options());
    return said;
  }
};

template <class Objective>
at::Tensor loss_with_kernels(const Objective& objective, const batch& tensors,
                             const prefopt::libtorch::options<>& options = {}) {
  return prefopt::libtorch::loss<Objective, played_kernels>(objective, tensors, options);
}

TEST_CASE("kernels_know_all_but_sorts_vectors_and_steps_over_the_batch") {
  CHECK(has_kernel<float, s_dpo_type>());
  CHECK(has_kernel<double, plackett_luce_type>());
  CHECK(has_kernel<float, decltype(prefopt::s_dpo() + 0.1 * prefopt::softmax())>());
  CHECK(has_kernel<float, decltype(prefopt::ranknet())>());
  CHECK_FALSE(has_kernel<float, decltype(prefopt::neural_ndcg())>());
  CHECK_FALSE(has_kernel<float, decltype(prefopt::gpm())>());
  CHECK_FALSE(has_kernel<float, decltype(prefopt::beta_dpo())>());
  CHECK_FALSE(has_kernel<float, decltype(prefopt::s_dpo() + 0.1 * prefopt::neural_ndcg())>());
}

TEST_CASE("kernels_are_not_asked_for_what_they_do_not_do") {
  const batch tensors{.policy = at::zeros({2, 4})}, long_rows{.policy = at::zeros({2, 257})};
  CHECK(kernel_does<s_dpo_type>(tensors, {}));
  CHECK_FALSE(kernel_does<s_dpo_type>(tensors, {.reduction = prefopt::reduction::weighted_mean}));
  CHECK_FALSE(kernel_does<s_dpo_type>(tensors, {.non_finite = prefopt::non_finite::skip}));
  CHECK_FALSE(kernel_does<s_dpo_type>(
      {.policy = tensors.policy, .false_negatives = at::zeros({2, 4}, at::kInt)}, {}));
  CHECK(kernel_does<s_dpo_type>(long_rows, {}));
  CHECK(kernel_does<plackett_luce_type>(tensors, {}));
  CHECK_FALSE(kernel_does<plackett_luce_type>(long_rows, {}));
}

TEST_CASE("what_a_kernel_says_is_the_loss_and_its_gradient") {
  const at::Tensor policy = log_probabilities(3, 4, 1).requires_grad_(),
                   reference = log_probabilities(3, 4, 2).requires_grad_();
  const at::Tensor value = loss_with_kernels(s_dpo, {.policy = policy, .reference = reference});
  CHECK(value.item<double>() == played_loss);
  value.backward();
  CHECK(largest_difference(policy.grad(), at::full({3, 4}, 2)) == 0);
  CHECK(largest_difference(reference.grad(), at::full({3, 4}, -2)) == 0);
}

TEST_CASE("without_a_gradient_to_come_kernels_are_not_asked_for_one") {
  const at::Tensor value = loss_with_kernels(s_dpo, {.policy = log_probabilities(3, 4, 1)});
  CHECK(value.item<double>() == played_loss);
  CHECK_FALSE(value.requires_grad());
}

TEST_CASE("what_kernels_do_not_do_goes_another_way") {
  const batch tensors{.policy = log_probabilities(3, 2, 1), .reference = log_probabilities(3, 2, 2)};
  const auto played = [&](const auto& objective, const batch& given,
                          const prefopt::libtorch::options<>& options = {}) {
    return loss_with_kernels(objective, given, options).template item<double>() == played_loss;
  };
  CHECK(played(s_dpo, tensors));
  CHECK_FALSE(played(s_dpo, tensors, {.path = path::generic}));
  CHECK_FALSE(played(s_dpo, tensors, {.non_finite = prefopt::non_finite::skip}));
  CHECK_FALSE(
      played(prefopt::neural_ndcg(),
             {.scores = tensors.policy, .relevance = at::tensor({2.0, 1.0}, at::kDouble).expand({3, 2})}));
}

TEST_CASE("statistics_beside_a_kernel_are_the_generic_paths") {
  const batch tensors{.policy = log_probabilities(8, 4, 1), .reference = log_probabilities(8, 4, 2)};
  const auto said = prefopt::libtorch::loss_and_statistics<s_dpo_type, played_kernels>(s_dpo, tensors);
  const auto expected = prefopt::libtorch::loss_and_statistics(s_dpo, tensors, {.path = path::generic});
  CHECK(said.loss.item<double>() == played_loss);
  CHECK(said.statistics.loss == expected.statistics.loss);
  CHECK(said.statistics.margin == expected.statistics.margin);
  CHECK(said.statistics.examples == 8);
}

}  // namespace
