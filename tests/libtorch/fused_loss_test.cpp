#include <prefopt/libtorch.hpp>
#include <prefopt/recipes.hpp>

#include "support/error_text.hpp"
#include "tensors.hpp"

namespace {

using prefopt::libtorch::loss;
using prefopt::libtorch::loss_and_statistics;
using prefopt::libtorch::path;
using test::composed_s_dpo;
using test::largest_difference;
using test::log_probabilities;

const auto s_dpo = prefopt::s_dpo({.beta = 0.5});

at::Tensor variable(const at::Tensor& values) { return values.detach().clone().requires_grad_(); }

TEST_CASE("the_loss_and_its_gradients_are_those_of_composed_autograd") {
  const at::Tensor policy = variable(log_probabilities(37, 6, 1)),
                   reference = variable(log_probabilities(37, 6, 2));
  const at::Tensor ours = loss(s_dpo, policy, reference), theirs = composed_s_dpo(policy, reference, 0.5);
  CHECK(ours.dim() == 0);
  CHECK(largest_difference(ours, theirs) < 1e-14);
  const auto mine = torch::autograd::grad({3 * ours}, {policy, reference});
  const auto expected = torch::autograd::grad({3 * theirs}, {policy, reference});
  CHECK(largest_difference(mine[0], expected[0]) < 1e-15);
  CHECK(largest_difference(mine[1], expected[1]) < 1e-15);
}

TEST_CASE("either_input_alone_may_require_a_gradient") {
  const at::Tensor policy = log_probabilities(5, 4, 1), reference = log_probabilities(5, 4, 2);
  const at::Tensor p = variable(policy), r = variable(reference);
  loss(s_dpo, p, reference).backward();
  loss(s_dpo, policy, r).backward();
  const at::Tensor q = variable(policy);
  composed_s_dpo(q, reference, 0.5).backward();
  CHECK(largest_difference(p.grad(), q.grad()) < 1e-15);
  CHECK(largest_difference(r.grad(), -q.grad()) < 1e-15);
  CHECK_FALSE(loss(s_dpo, policy, reference).requires_grad());
}

TEST_CASE("gradients_flow_on_into_what_the_policy_was_made_of") {
  const at::Tensor scores = variable(log_probabilities(9, 5, 3)), reference = log_probabilities(9, 5, 4);
  loss(s_dpo, at::log_softmax(3 * scores, 1), reference).backward();
  const at::Tensor mine = scores.grad().clone();
  scores.mutable_grad().reset();
  composed_s_dpo(at::log_softmax(3 * scores, 1), reference, 0.5).backward();
  CHECK(largest_difference(mine, scores.grad()) < 1e-15);
}

TEST_CASE("a_graph_that_lives_on_gives_the_same_gradient_again") {
  const at::Tensor policy = variable(log_probabilities(5, 4, 1));
  const at::Tensor value = loss(s_dpo, policy);
  const at::Tensor first = torch::autograd::grad({value}, {policy}, {}, /*retain_graph=*/true)[0];
  const at::Tensor copy = first.clone();
  first.zero_();
  CHECK(largest_difference(torch::autograd::grad({value}, {policy})[0], copy) == 0);
  CHECK_THROWS_AS(value.backward(), c10::Error);  // the saved gradient is gone
}

TEST_CASE("without_a_gradient_to_come_none_is_computed") {
  const at::Tensor policy = variable(log_probabilities(5, 4, 1));
  const double expected = loss(s_dpo, policy).item<double>();
  {
    const torch::NoGradGuard guard;
    const at::Tensor value = loss(s_dpo, policy);
    CHECK_FALSE(value.requires_grad());
    CHECK(value.item<double>() == expected);
  }
  {
    const c10::InferenceMode guard;
    const at::Tensor value = loss(s_dpo, policy);
    CHECK(value.is_inference());
    CHECK(value.item<double>() == expected);
    CHECK(loss(s_dpo, policy + 0).item<double>() == expected);
  }
}

TEST_CASE("half_and_bfloat16_are_computed_in_float") {
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const at::Tensor policy = variable(log_probabilities(5, 4, 1, type));
    const at::Tensor reference = log_probabilities(5, 4, 2, type);
    const at::Tensor value = loss(s_dpo, policy, reference);
    CHECK((value.scalar_type() == at::kFloat));
    value.backward();
    CHECK((policy.grad().scalar_type() == type));
    const at::Tensor exact = variable(policy.to(at::kFloat));
    const at::Tensor expected = loss(s_dpo, exact, reference.to(at::kFloat));
    expected.backward();
    CHECK(largest_difference(value, expected) == 0);
    CHECK(largest_difference(policy.grad(), exact.grad().to(type)) == 0);
    CHECK(largest_difference(loss(s_dpo, exact, reference), expected) == 0);  // types may be mixed
  }
}

TEST_CASE_TEMPLATE("tensors_of_any_layout_are_seen_as_they_are", Scalar, float, double) {
  constexpr at::ScalarType type = c10::CppTypeToScalarType<Scalar>::value;
  const at::Tensor wide = log_probabilities(12, 40, 1, type), reference = log_probabilities(20, 6, 2, type);
  const at::Tensor transposed = wide.t().slice(0, 0, 40, 2).slice(1, 3, 9);  // [20, 6], strides (2, 40)
  const at::Tensor expanded = log_probabilities(1, 6, 3, type).expand({20, 6});
  for (const at::Tensor& policy : {transposed, expanded})
    for (const at::Tensor& other : {reference, expanded}) {
      const at::Tensor p = policy.detach().requires_grad_(), q = variable(policy.contiguous());
      loss(s_dpo, p, other).backward();
      composed_s_dpo(q, other.contiguous(), 0.5).backward();
      CHECK(p.grad().sizes() == p.sizes());
      CHECK(largest_difference(p.grad(), q.grad()) < (type == at::kFloat ? 1e-7 : 1e-15));
    }
}

TEST_CASE("a_batch_may_be_empty") {
  const at::Tensor policy = at::empty({0, 4}).requires_grad_();
  const at::Tensor value = loss(s_dpo, policy, at::empty({0, 4}));
  CHECK(value.item<float>() == 0);
  value.backward();
  CHECK(policy.grad().sizes() == policy.sizes());
  CHECK(loss(s_dpo, policy, {}, {.reduction = prefopt::reduction::none}).sizes() == at::IntArrayRef{0});
}

TEST_CASE("losses_may_be_left_unreduced") {
  const at::Tensor policy = variable(log_probabilities(7, 4, 1)), q = variable(policy);
  const at::Tensor weights = at::arange(7, at::kDouble);
  const prefopt::libtorch::batch batch{.policy = policy, .weights = weights};
  const at::Tensor each = loss(s_dpo, batch, {.reduction = prefopt::reduction::none});
  CHECK(each.sizes() == at::IntArrayRef{7});
  const at::Tensor slopes = log_probabilities(1, 7, 5)[0];
  (each * slopes).sum().backward();
  const at::Tensor rewards = 0.5 * q;
  const at::Tensor expected = weights * (at::logsumexp(rewards, 1) - rewards.select(1, 0));
  CHECK(largest_difference(each, expected) < 1e-14);
  (expected * slopes).sum().backward();
  CHECK(largest_difference(policy.grad(), q.grad()) < 1e-14);
}

TEST_CASE("whatever_an_objective_reads_may_be_a_tensor") {
  const at::Tensor policy = log_probabilities(6, 5, 1), reference = log_probabilities(6, 5, 2);
  const at::Tensor order = at::argsort(log_probabilities(6, 5, 3), 1, /*descending=*/true);
  const auto plackett_luce = prefopt::plackett_luce({.beta = 1});
  const at::Tensor rewards = (policy - reference).gather(1, order);
  const at::Tensor behind = at::logcumsumexp(rewards.flip(1), 1).flip(1);
  const at::Tensor expected = (behind - rewards).sum(1).mean();
  for (const at::ScalarType type : {at::kLong, at::kInt})
    CHECK(largest_difference(
              loss(plackett_luce, {.policy = policy, .reference = reference, .order = order.to(type)}),
              expected) < 1e-13);

  const at::Tensor grades = at::arange(5, at::kDouble).expand({6, 5});
  CHECK(loss(prefopt::listnet(), {.scores = policy, .relevance = grades}).item<double>() > 0);
  CHECK(
      loss(prefopt::simpo(), {.policy = policy.slice(1, 0, 2), .lengths = at::full({6, 2}, 3.0, at::kDouble)})
          .item<double>() > 0);

  const at::Tensor counts = at::tensor({4, 3, 2, 1, 0, 4});
  CHECK(loss(s_dpo, {.policy = policy, .counts = counts}, {.reduction = prefopt::reduction::none})[4]
            .item<double>() == 0);
  const at::Tensor beta = at::full({6, 1}, 0.5, at::kDouble);
  CHECK(largest_difference(loss(prefopt::s_dpo({.beta = 2}), {.policy = policy, .beta = beta}),
                           loss(s_dpo, policy)) < 1e-15);
}

TEST_CASE("statistics_come_along_detached") {
  const at::Tensor policy = variable(log_probabilities(8, 4, 1)), reference = log_probabilities(8, 4, 2);
  const auto [value, statistics] = loss_and_statistics(s_dpo, {.policy = policy, .reference = reference});
  const at::Tensor rewards = 0.5 * (policy - reference).detach();
  CHECK(statistics.loss == value.item<double>());
  CHECK(statistics.chosen_reward == doctest::Approx(rewards.select(1, 0).mean().item<double>()));
  CHECK(statistics.examples == 8);
}

TEST_CASE("an_objective_keeps_its_state_between_losses") {
  const auto objective = prefopt::beta_dpo({.beta = 0.1, .alpha = 0.6, .rho = 0});
  prefopt::state_of<decltype(objective)> state;
  const at::Tensor policy = variable(log_probabilities(8, 2, 1));
  loss(objective, policy, log_probabilities(8, 2, 2), {.state = &state}).backward();
  CHECK(state.batches == 1);
  CHECK(policy.grad().abs().sum().item<double>() > 0);
}

TEST_CASE("threads_do_not_change_a_result") {
  const at::Tensor policy = variable(log_probabilities(4096, 16, 1, at::kFloat));
  const auto run = [&](const prefopt::executor& executor) {
    const at::Tensor value = loss(s_dpo, policy, {}, {.executor = executor});
    return at::cat({value.detach().view(1), torch::autograd::grad({value}, {policy})[0].view(-1)});
  };
  CHECK(largest_difference(run({}), run(prefopt::libtorch::threads())) == 0);
}

TEST_CASE("accessors_are_tensors_of_evaluate") {
  const at::Tensor policy = log_probabilities(8, 4, 1), gradient = at::zeros({8, 4}, at::kDouble);
  const at::Tensor by_columns = policy.t().contiguous().t();
  const auto result =
      prefopt::evaluate(s_dpo, {.policy = by_columns.accessor<double, 2>()}, gradient.accessor<double, 2>());
  const at::Tensor p = variable(policy);
  loss(s_dpo, p).backward();
  CHECK(largest_difference(gradient, p.grad()) < 1e-15);
  const at::Tensor beta = at::full({8}, 0.5, at::kDouble);
  CHECK(prefopt::evaluate(prefopt::s_dpo(), prefopt::batch<double>{.policy = policy.accessor<double, 2>(),
                                                                   .beta = beta.accessor<double, 1>()})
            .loss == doctest::Approx(result.loss));
}

TEST_CASE("errors_name_the_argument_what_was_expected_and_what_was_given") {
  const at::Tensor policy = at::zeros({4, 3});
  const auto said = [](const prefopt::libtorch::batch& batch) {
    return error_text([&] { loss(s_dpo, batch); });
  };
  CHECK(said({}) == "libtorch: policy is undefined, expected [B, 1 + K] scores");
  CHECK(said({.policy = at::zeros({4, 3}, at::kInt)}) ==
        "libtorch: policy is of type Int, expected Float, Double, Half or BFloat16");
  CHECK(said({.policy = at::zeros({2, 4, 3})}) ==
        "libtorch: policy is [2, 4, 3], expected one dimension or two");
  CHECK(said({.policy = at::zeros({})}) == "libtorch: policy is [], expected one dimension or two");
  CHECK(said({.policy = policy.to_sparse()}) == "libtorch: policy is sparse, expected a dense tensor");
  CHECK(said({.policy = policy, .reference = at::zeros({4, 3}, at::kDouble)}) ==
        "libtorch: reference is of type Double, expected Float");
  CHECK(said({.policy = policy, .counts = at::zeros({4})}) ==
        "libtorch: counts is of type Float, expected Int");
  CHECK(said({.policy = policy, .reference = at::zeros({4, 2})}) ==
        "evaluate: reference is [4, 2], expected [4, 3] (the shape of policy)");
  CHECK(said({.policy = policy, .scores = policy}) ==
        "evaluate: policy and scores are given, expected one of them");
  CHECK(said({.policy = policy, .relevance = policy}) ==
        "evaluate: relevance is given, but this objective does not read it");
  CHECK(said({.policy = policy, .counts = at::full({4}, std::int64_t{1} << 32, at::kLong)}) ==
        "evaluate: counts[0] is 2147483647, expected a value in [0, 2]");
  CHECK(said({.policy = policy, .weights = at::ones({4}).requires_grad_()}) ==
        "libtorch: weights requires a gradient, but the policy and the reference alone get one: detach() it");
  CHECK(said({.policy = at::full({4, 3}, std::nan(""))}).starts_with("evaluate: policy[0, 0] is nan"));
  CHECK(error_text([&] { prefopt::libtorch::view<float>({}, "gradient"); }) ==
        "libtorch: gradient is undefined, expected a tensor");
}

TEST_CASE("a_second_derivative_of_the_fused_path_is_refused") {
  const at::Tensor policy = variable(log_probabilities(5, 4, 1));
  const at::Tensor value = loss(s_dpo, policy, {}, {.path = path::fused});
  CHECK(error_text([&] {
          torch::autograd::grad({value}, {policy}, {}, /*retain_graph=*/true, /*create_graph=*/true);
        }) ==
        "libtorch: the fused path has no second derivative, expected .path = path::generic where "
        "create_graph is set");
}

}  // namespace
