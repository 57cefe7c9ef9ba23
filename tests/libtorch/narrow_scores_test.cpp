#include <prefopt/libtorch.hpp>
#include <prefopt/recipes.hpp>

#include "support/error_text.hpp"
#include "tensors.hpp"

/// \file
/// Scores of 16 bits on the fused path: the loss of the same scores as floats, and its gradient rounded.

namespace {

using prefopt::libtorch::loss;
using prefopt::libtorch::loss_and_statistics;
using test::largest_difference;
using test::log_probabilities;

const auto s_dpo = prefopt::s_dpo({.beta = 0.5});

at::Tensor variable(const at::Tensor& values) { return values.detach().requires_grad_(); }

/// Equal but for roundings to bfloat16, each of which may fall to either side.
void check_rounded(const at::Tensor& narrow, const at::Tensor& exact, int roundings = 1) {
  CHECK((narrow.scalar_type() == at::kBFloat16));
  CHECK(narrow.sizes() == exact.sizes());
  const at::Tensor off = (narrow.to(at::kDouble) - exact.to(at::kDouble)).abs();
  CHECK((off - roundings * 0x1.02p-8 * exact.to(at::kDouble).abs()).max().item<double>() <= 1e-12);
}

TEST_CASE("bfloat16_scores_of_any_layout_have_the_rounded_gradient_of_floats") {
  constexpr at::ScalarType type = at::kBFloat16;
  const at::Tensor wide = log_probabilities(46, 600, 1, type), other = log_probabilities(300, 40, 2, type);
  const at::Tensor transposed = wide.t().slice(0, 0, 600, 2).slice(1, 3, 43);  // [300, 40], strides (2, 600)
  const at::Tensor expanded = log_probabilities(1, 40, 3, type).expand({300, 40});
  for (const at::Tensor& scores : {other, transposed, expanded})
    for (const at::Tensor& constants : {other.flip(0), expanded, at::Tensor()}) {
      const at::Tensor policy = variable(scores), floats = variable(scores.to(at::kFloat));
      const at::Tensor value = loss(s_dpo, policy, constants);
      const at::Tensor exact =
          loss(s_dpo, floats, constants.defined() ? constants.to(at::kFloat) : constants);
      CHECK((value.scalar_type() == at::kFloat));
      CHECK(value.item<float>() == doctest::Approx(exact.item<float>()).epsilon(1e-6));
      check_rounded(torch::autograd::grad({value}, {policy})[0], torch::autograd::grad({exact}, {floats})[0]);
    }
}

TEST_CASE("a_bfloat16_reference_gets_the_negative_gradient_and_slopes_multiply_either") {
  const at::Tensor policy = variable(log_probabilities(37, 6, 1, at::kBFloat16)),
                   reference = variable(log_probabilities(37, 6, 2, at::kBFloat16));
  const at::Tensor p = variable(policy.to(at::kFloat)), r = variable(reference.to(at::kFloat));
  const auto mine = torch::autograd::grad({3 * loss(s_dpo, policy, reference)}, {policy, reference});
  const auto exact = torch::autograd::grad({3 * loss(s_dpo, p, r)}, {p, r});
  check_rounded(mine[0], exact[0], 2);
  check_rounded(mine[1], exact[1], 2);

  const prefopt::libtorch::options<> by_row{.reduction = prefopt::reduction::none};
  const at::Tensor slopes = log_probabilities(1, 37, 5, at::kFloat)[0];
  const auto product = [&](const at::Tensor& scores, const at::Tensor& constants) {
    return (loss(s_dpo, {.policy = scores, .reference = constants}, by_row) * slopes).sum();
  };
  check_rounded(torch::autograd::grad({product(policy, reference.detach())}, {policy})[0],
                torch::autograd::grad({product(p, r.detach())}, {p})[0], 2);
}

TEST_CASE("what_goes_with_bfloat16_scores_may_be_of_either_type") {
  const at::Tensor policy = log_probabilities(6, 5, 1, at::kBFloat16);
  const at::Tensor floats = policy.to(at::kFloat), reference = log_probabilities(6, 5, 2, at::kFloat);
  const at::Tensor weights = at::arange(6, at::kFloat), counts = at::tensor({4, 3, 2, 1, 0, 4});
  const double expected =
      loss(s_dpo, {.policy = floats, .counts = counts, .weights = weights}).item<double>();
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf})
    CHECK(loss(s_dpo, {.policy = policy, .counts = counts, .weights = weights.to(type)}).item<double>() ==
          doctest::Approx(expected).epsilon(1e-6));
  const at::Tensor p = variable(policy), q = variable(floats);
  const at::Tensor value = loss(s_dpo, p, reference), exact = loss(s_dpo, q, reference);
  CHECK(value.item<float>() == exact.item<float>());
  check_rounded(torch::autograd::grad({value}, {p})[0], torch::autograd::grad({exact}, {q})[0]);
}

TEST_CASE("bfloat16_scores_keep_statistics_state_and_workspace_as_floats_do") {
  const auto objective = prefopt::beta_dpo({.beta = 0.1, .alpha = 0.6, .rho = 0});
  prefopt::state_of<decltype(objective)> state, expected_state;
  prefopt::workspace workspace;
  const at::Tensor policy = log_probabilities(8, 2, 1, at::kBFloat16),
                   reference = log_probabilities(8, 2, 2, at::kBFloat16);
  const auto [value, statistics] = loss_and_statistics(objective, {.policy = policy, .reference = reference},
                                                       {.state = &state, .workspace = &workspace});
  const auto [exact, expected] =
      loss_and_statistics(objective, {.policy = policy.to(at::kFloat), .reference = reference.to(at::kFloat)},
                          {.state = &expected_state});
  CHECK(value.item<float>() == exact.item<float>());
  CHECK(state.batches == expected_state.batches);
  CHECK(statistics.mean_beta == doctest::Approx(expected.mean_beta));
  CHECK(statistics.margin == doctest::Approx(expected.margin));
  CHECK(statistics.examples == 8);
}

TEST_CASE("errors_of_bfloat16_scores_are_those_of_floats") {
  const at::Tensor policy = log_probabilities(300, 40, 1, at::kBFloat16);
  const auto said = [](const prefopt::libtorch::batch& batch) {
    return error_text([&] { loss(s_dpo, batch); });
  };
  CHECK(said({.policy = policy, .reference = at::zeros({300, 40}, at::kDouble)}) ==
        "libtorch: reference is of type Double, expected Float");
  CHECK(said({.policy = policy, .reference = policy.slice(1, 0, 39)}) ==
        "evaluate: reference is [300, 39], expected [300, 40] (the shape of policy)");
  CHECK(said({.policy = policy, .scores = policy}) ==
        "evaluate: policy and scores are given, expected one of them");
  const at::Tensor broken = policy.clone();
  broken[298][7] = std::nan("");
  CHECK(said({.policy = broken}).starts_with("evaluate: policy[298, 7] is nan"));
  CHECK(loss(s_dpo, at::empty({0, 4}, at::kBFloat16)).item<float>() == 0);
}

TEST_CASE("a_gradient_of_half_survives_until_a_scaled_loss_makes_it_large_enough") {
  const at::Tensor policy = variable(at::tensor({0.0, -36.0}).view({1, 2}).to(at::kHalf));
  const at::Tensor value =
      loss(s_dpo, policy);  // its gradient, 7.6e-9, is below half of half's smallest number
  const at::Tensor scaled = torch::autograd::grad({65536 * value}, {policy})[0];
  CHECK((scaled.scalar_type() == at::kHalf));
  CHECK(scaled[0][1].item<double>() == doctest::Approx(65536 * 0.5 * std::exp(-18.0)).epsilon(1e-3));
}

}  // namespace
