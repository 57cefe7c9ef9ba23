#include <cmath>
#include <limits>

#include <prefopt/libtorch.hpp>
#include <prefopt/recipes/graded.hpp>
#include <prefopt/recipes/listwise.hpp>
#include <prefopt/recipes/pairwise.hpp>
#include <prefopt/recipes/several.hpp>
#include <prefopt/selections/hardest.hpp>

#include "support/error_text.hpp"
#include "tensors.hpp"

namespace {

using prefopt::libtorch::batch;
using prefopt::libtorch::loss;
using prefopt::libtorch::loss_and_statistics;
using prefopt::libtorch::path;
using test::composed_s_dpo;
using test::largest_difference;
using test::log_probabilities;

constexpr double masked = -std::numeric_limits<double>::infinity();
const auto s_dpo = prefopt::s_dpo({.beta = 0.5});

at::Tensor variable(const at::Tensor& values) { return values.detach().clone().requires_grad_(); }

/// Loss, gradient and statistics of the two paths agree.
template <class Objective>
void check_paths_agree(const Objective& objective, batch tensors, double limit = 1e-14,
                       prefopt::non_finite non_finite = prefopt::non_finite::raise) {
  tensors.policy = variable(tensors.policy);
  const auto run = [&](path how) {
    return loss_and_statistics(objective, tensors, {.non_finite = non_finite, .path = how});
  };
  const auto fused = run(path::fused), generic = run(path::generic);
  const auto gradient = [&](const at::Tensor& loss) {
    return torch::autograd::grad({loss}, {tensors.policy})[0];
  };
  CHECK(largest_difference(fused.loss, generic.loss) < limit * (1 + std::abs(fused.statistics.loss)));
  CHECK(largest_difference(gradient(fused.loss), gradient(generic.loss)) < limit);
  const prefopt::result &one = fused.statistics, &other = generic.statistics;
  CHECK(one.loss == doctest::Approx(other.loss));
  CHECK(one.chosen_reward == doctest::Approx(other.chosen_reward));
  CHECK(one.rejected_reward == doctest::Approx(other.rejected_reward));
  CHECK(one.accuracy == doctest::Approx(other.accuracy));
  CHECK(one.margin == doctest::Approx(other.margin));
  CHECK(one.hardest_margin == doctest::Approx(other.hardest_margin));
  CHECK(one.mean_beta == doctest::Approx(other.mean_beta));
  CHECK(one.examples == other.examples);
  CHECK(one.skipped == other.skipped);
}

TEST_CASE("masked_items_have_no_part_in_the_generic_path_either") {
  at::Tensor policy = log_probabilities(8, 5, 1);
  const at::Tensor reference = log_probabilities(8, 5, 2);
  policy.select(1, 2).fill_(masked);
  policy[3].slice(0, 1).fill_(masked);  // nothing rejected is left
  policy[4][1] = -1e4;
  check_paths_agree(s_dpo, {.policy = policy, .reference = reference});
  check_paths_agree(prefopt::dpo_k(), {.policy = policy, .reference = reference});
  check_paths_agree(prefopt::plackett_luce(), {.policy = policy, .reference = reference});
  const at::Tensor counts = at::tensor({4, 3, 2, 1, 0, 4, 3, 2});
  check_paths_agree(s_dpo, {.policy = policy, .counts = counts});
  const at::Tensor order = at::argsort(log_probabilities(8, 5, 3), 1, /*descending=*/true);
  check_paths_agree(prefopt::plackett_luce(), {.policy = policy, .order = order, .counts = counts});
  const at::Tensor grades = at::remainder(at::arange(40, at::kDouble), 7).view({8, 5}) - 1;
  check_paths_agree(prefopt::ranknet(), {.policy = policy, .relevance = grades});
}

TEST_CASE("selections_and_strengths_are_constants") {
  const at::Tensor policy = log_probabilities(8, 6, 1), reference = log_probabilities(8, 6, 2);
  const auto hardest = prefopt::compose(prefopt::losses::softmax{}, prefopt::rewards::implicit{},
                                        prefopt::strengths::fixed{0.5}, prefopt::selections::hardest{2});
  check_paths_agree(hardest, {.policy = policy, .reference = reference});
  check_paths_agree(hardest, {.policy = policy,
                              .beta = at::linspace(0.1, 2, 8, at::kDouble),
                              .weights = at::arange(8, at::kDouble)});
}

TEST_CASE("scores_that_are_not_finite_are_skipped_or_named") {
  at::Tensor policy = log_probabilities(6, 4, 1);
  policy[2][1] = std::nan("");
  const batch tensors{.policy = policy, .reference = log_probabilities(6, 4, 2)};
  check_paths_agree(s_dpo, tensors, 1e-14, prefopt::non_finite::skip);
  CHECK(error_text([&] { loss(s_dpo, tensors, {.path = path::generic}); }) ==
        error_text([&] { loss(s_dpo, tensors, {.path = path::fused}); }));
  CHECK(error_text([&] {
          loss(s_dpo, tensors, {.path = path::generic});
        }).starts_with("evaluate: policy[2, 1] is nan"));
}

TEST_CASE("the_generic_path_refuses_what_the_engine_refuses") {
  const at::Tensor policy = at::zeros({4, 3});
  const auto said = [&](const batch& tensors, path how) {
    return error_text([&] { loss(s_dpo, tensors, {.path = how}); });
  };
  for (const batch& tensors :
       {batch{.policy = policy, .reference = at::zeros({4, 2})}, batch{.policy = policy, .relevance = policy},
        batch{.policy = policy, .beta = at::zeros({4})},
        batch{.policy = policy, .counts = at::full({4}, 3)}}) {
    CHECK_FALSE(said(tensors, path::generic).empty());
    CHECK(said(tensors, path::generic) == said(tensors, path::fused));
  }
}

TEST_CASE("a_gradient_by_the_reference_that_has_no_closed_form_takes_the_generic_path") {
  const auto rpo = prefopt::rpo({.beta = 0.5});  // its second term does not see the reference
  const at::Tensor policy = variable(log_probabilities(5, 2, 1)),
                   reference = variable(log_probabilities(5, 2, 2));
  const auto mine = torch::autograd::grad({loss(rpo, policy, reference)}, {policy, reference});
  const at::Tensor rewards = 0.5 * (policy - reference);
  const at::Tensor margin = rewards.select(1, 0) - rewards.select(1, 1);
  const at::Tensor expected = (-at::log_sigmoid(margin) - policy.select(1, 0)).mean();
  const auto theirs = torch::autograd::grad({expected}, {policy, reference});
  CHECK(largest_difference(mine[0], theirs[0]) < 1e-15);
  CHECK(largest_difference(mine[1], theirs[1]) < 1e-15);
  CHECK(error_text([&] { loss(rpo, policy, reference, {.path = path::fused}); }) ==
        "libtorch: reference requires a gradient, which the fused path does not have for this objective, "
        "expected "
        ".path = path::generic");
}

TEST_CASE("the_generic_path_has_second_derivatives") {
  const at::Tensor policy = variable(log_probabilities(5, 4, 1)), reference = log_probabilities(5, 4, 2);
  const at::Tensor direction = log_probabilities(5, 4, 3);
  const auto product = [&](const at::Tensor& value) {
    const at::Tensor slope = torch::autograd::grad({value}, {policy}, {}, true, /*create_graph=*/true)[0];
    return torch::autograd::grad({(slope * direction).sum()}, {policy})[0];
  };
  const at::Tensor mine = product(loss(s_dpo, policy, reference, {.path = path::generic}));
  CHECK(largest_difference(mine, product(composed_s_dpo(policy, reference, 0.5))) < 1e-15);
  const auto plackett_luce = prefopt::plackett_luce({.beta = 0.5});
  at::Tensor expected = at::zeros({}, at::kDouble);
  for (std::int64_t k = 0; k < 4; ++k) {
    const at::Tensor left = 0.5 * policy.slice(1, k);
    expected = expected + (at::logsumexp(left, 1) - left.select(1, 0)).mean();
  }
  CHECK(largest_difference(product(loss(plackett_luce, policy, {}, {.path = path::generic})),
                           product(expected)) < 1e-15);
}

TEST_CASE("the_generic_path_computes_half_and_bfloat16_in_float") {
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const at::Tensor policy = variable(log_probabilities(5, 4, 1, type)),
                     reference = log_probabilities(5, 4, 2, type);
    const at::Tensor fused = loss(s_dpo, policy, reference);
    const at::Tensor generic = loss(s_dpo, policy, reference, {.path = path::generic});
    CHECK((generic.scalar_type() == at::kFloat));
    CHECK(largest_difference(fused, generic) < 1e-6);
    const at::Tensor gradient = torch::autograd::grad({generic}, {policy})[0];
    CHECK((gradient.scalar_type() == type));
    CHECK(largest_difference(gradient, torch::autograd::grad({fused}, {policy})[0]) < 2e-3);
  }
}

TEST_CASE("the_generic_path_takes_views_empty_batches_and_inference_mode") {
  const at::Tensor wide = log_probabilities(12, 8, 1);
  const at::Tensor view = wide.t().slice(1, 2, 7);  // [8, 5]
  CHECK(largest_difference(loss(s_dpo, view, {}, {.path = path::generic}), loss(s_dpo, view)) < 1e-15);
  const at::Tensor expanded = wide[0].expand({6, 8});
  CHECK(largest_difference(
            loss(s_dpo, view.t().slice(1, 0, 8), expanded.slice(0, 0, 5), {.path = path::generic}),
            loss(s_dpo, view.t().slice(1, 0, 8), expanded.slice(0, 0, 5))) < 1e-15);
  CHECK(loss(s_dpo, at::empty({0, 4}), {}, {.path = path::generic}).item<float>() == 0);
  const c10::InferenceMode guard;
  CHECK(loss(s_dpo, wide, {}, {.path = path::generic}).item<double>() ==
        doctest::Approx(loss(s_dpo, wide).item<double>()));
}

TEST_CASE_TEMPLATE("reductions_are_the_engines", Scalar, float, double) {
  const at::Tensor policy = log_probabilities(6, 4, 1, c10::CppTypeToScalarType<Scalar>::value);
  const batch tensors{.policy = policy, .weights = at::arange(6, policy.options())};
  for (const auto how : {prefopt::reduction::mean, prefopt::reduction::weighted_mean, prefopt::reduction::sum,
                         prefopt::reduction::none})
    CHECK(largest_difference(loss(s_dpo, tensors, {.reduction = how, .path = path::generic}),
                             loss(s_dpo, tensors, {.reduction = how})) < 1e-5);
}

}  // namespace
