#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "lists.hpp"

/// \file
/// The identities of the specification's section 4, each over 10 000 random lists or more.

namespace {

using prefopt::index;
using prefopt::losses::irpo_self_term;
using prefopt::losses::logarithm;
using prefopt::losses::pair_reduction;
using prefopt::losses::ranknet_weighting;
using prefopt::losses::weighting_scheme;
using test::difference;
using test::lists;
using test::matrix;
using test::run;
using test::same;
using test::times;

constexpr index rows = 10'000;
const double ln2 = std::log(2.0);

auto lambda(weighting_scheme scheme, double mu = 10) {
  return prefopt::lambda_loss({.weighting_scheme = scheme, .mu = mu});
}
/// Lists in which candidate 0 is relevant and no other.
lists one_relevant(index columns) {
  lists x(rows, columns, 1);
  for (index b = 0; b < rows; ++b) x.relevance(b, 0) = 1;
  return x;
}
/// Candidates by falling value; ties keep their order.
std::vector<index> sorted(const matrix<double>& values, index b) {
  std::vector<index> order(static_cast<std::size_t>(values.columns()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](index i, index j) { return values(b, i) > values(b, j); });
  return order;
}
double dcg(const lists& x, index b, const std::vector<index>& order, std::size_t k) {
  double total = 0;
  for (std::size_t place = 0; place < std::min(k, order.size()); ++place)
    total += (std::exp2(x.relevance(b, order[place])) - 1) / std::log2(2.0 + static_cast<double>(place));
  return total;
}
double ideal_dcg(const lists& x, index b, std::size_t k = 1000) {
  return dcg(x, b, sorted(x.relevance, b), k);
}
double ndcg(const lists& x, index b, std::size_t k = 1000) {
  const double ideal = ideal_dcg(x, b, k);
  return ideal > 0 ? dcg(x, b, sorted(x.policy, b), k) / ideal : 0;
}

// ---- one relevant candidate: the objectives of recommenders

TEST_CASE("with_one_relevant_item_binary_listnet_is_softmax_and_ranknet_is_bpr") {
  const lists x = one_relevant(7);
  CHECK(same(run(prefopt::binary_listnet(), x.batch()), run(prefopt::softmax(), {.policy = x.policy})));
  CHECK(same(run(prefopt::ranknet(), x.batch()), run(prefopt::bpr(), {.policy = x.policy})));
}

TEST_CASE("which_column_is_relevant_does_not_matter") {
  lists x = one_relevant(7), moved = x;
  for (index b = 0; b < rows; ++b) {
    const index to = b % 7;
    std::swap(moved.policy(b, 0), moved.policy(b, to));
    std::swap(moved.relevance(b, 0), moved.relevance(b, to));
  }
  CHECK(difference(run(prefopt::binary_listnet(), moved.batch()).losses,
                   run(prefopt::softmax(), {.policy = x.policy}).losses) < 1e-12);
}

TEST_CASE("a_learnt_list_keeps_a_small_loss_and_gradient_with_all_their_digits") {
  for (const double gap : {20.0, 40.0, 600.0}) {
    const matrix<double> policy{{0, gap, 0, 0}}, relevance{{0, 1, 0, 0}};
    const auto out = run(prefopt::binary_listnet(), {.policy = policy, .relevance = relevance});
    CHECK(out.losses(0) == doctest::Approx(3 * std::exp(-gap)).epsilon(1e-8));
    CHECK(out.gradient(0, 1) == doctest::Approx(-3 * std::exp(-gap)).epsilon(1e-8));
  }
}

// ---- cross-entropies

TEST_CASE("listnet_is_smallest_where_the_scores_are_the_grades") {
  lists x(rows, 6, 5);
  const auto elsewhere = run(prefopt::listnet(), x.batch());
  const auto there = run(prefopt::listnet(), {.policy = x.relevance, .relevance = x.relevance});
  CHECK(difference(there.gradient, matrix<double>(rows, 6)) < 1e-14);
  index smaller = 0;
  for (index b = 0; b < rows; ++b) smaller += elsewhere.losses(b) < there.losses(b) - 1e-14;
  CHECK(smaller == 0);
}

TEST_CASE("a_list_of_grade_0_costs_nothing_but_under_listnet") {
  const lists x(rows, 5, 1);
  for (const auto& recipe : test::graded_recipes<double>()) {
    if (recipe.name == "listnet") continue;
    CAPTURE(recipe.name);
    matrix<double> losses(rows, 1), gradient(rows, 5, 1);
    recipe(x.batch(), gradient, {.losses = losses});
    CHECK(difference(losses, matrix<double>(rows, 1)) == 0);
    CHECK(difference(gradient, matrix<double>(rows, 5)) == 0);
  }
}

// ---- LambdaLoss

TEST_CASE("lambda_loss_without_weights_is_ranknet_times_its_pairs") {
  const lists x(rows, 6, 3);
  auto expected = times(1 / ln2, run(prefopt::ranknet(), x.batch()));
  for (index b = 0; b < rows; ++b) {
    double pairs = 0;
    for (index i = 0; i < 6; ++i)
      for (index j = 0; j < i; ++j) pairs += x.relevance(b, i) != x.relevance(b, j);
    expected.losses(b) *= pairs;
    for (index k = 0; k < 6; ++k) expected.gradient(b, k) *= pairs;
  }
  CHECK(same(run(lambda(weighting_scheme::none), x.batch()), expected));
  CHECK(same(run(lambda(weighting_scheme::rankNet), x.batch()), expected));
  const auto mean =
      prefopt::lambda_loss({.weighting_scheme = weighting_scheme::none, .reduction = pair_reduction::mean});
  CHECK(same(run(mean, x.batch()), times(1 / ln2, run(prefopt::ranknet(), x.batch()))));
}

TEST_CASE("binary_grades_weigh_alike_under_every_difference_of_grades") {
  const lists x(rows, 6, 2);
  const auto plain = run(prefopt::ranknet(), x.batch());
  CHECK(same(run(prefopt::ranknet({ranknet_weighting::diff}), x.batch()), plain));
  CHECK(same(run(prefopt::ranknet({ranknet_weighting::diff_pow}), x.batch()), plain));
  const auto sum = run(lambda(weighting_scheme::none), x.batch());
  CHECK(same(run(lambda(weighting_scheme::rankNetWeightedByGTDiff), x.batch()), sum));
  CHECK(same(run(lambda(weighting_scheme::rankNetWeightedByGTDiffPowed), x.batch()), sum));
}

TEST_CASE("ndcg_loss_2_pp_is_mu_times_ndcg_loss_2_plus_lambda_rank") {
  const lists x(rows, 6, 4);
  auto sum = times(3.5, run(lambda(weighting_scheme::ndcgLoss2), x.batch()));
  const auto rank = run(lambda(weighting_scheme::lambdaRank), x.batch());
  for (std::size_t i = 0; i < sum.losses.values().size(); ++i)
    sum.losses.values()[i] += rank.losses.values()[i];
  for (std::size_t i = 0; i < sum.gradient.values().size(); ++i)
    sum.gradient.values()[i] += rank.gradient.values()[i];
  CHECK(same(run(lambda(weighting_scheme::ndcgLoss2PP, 3.5), x.batch()), sum));
  CHECK(same(run(lambda(weighting_scheme::ndcgLoss2PP, 0), x.batch()), rank));
}

TEST_CASE("sigma_scales_the_scores_and_the_logarithms_base_the_loss") {
  const lists x(rows, 5, 4);
  lists scaled = x;
  for (double& score : scaled.policy.values()) score *= 2.5;
  for (const auto scheme : {weighting_scheme::lambdaRank, weighting_scheme::ndcgLoss1}) {
    const auto steep = run(prefopt::lambda_loss({.weighting_scheme = scheme, .sigma = 2.5}), x.batch());
    const auto plain = run(prefopt::lambda_loss({.weighting_scheme = scheme}), scaled.batch());
    CHECK(difference(steep.losses, plain.losses) < 1e-12);
    CHECK(difference(steep.gradient, times(2.5, plain).gradient) < 1e-12);
    const auto natural = run(
        prefopt::lambda_loss({.weighting_scheme = scheme, .log_base = logarithm::natural}), scaled.batch());
    CHECK(same(times(1 / ln2, natural), plain));
  }
}

TEST_CASE("a_k_of_the_lists_length_is_none_and_k_1_leaves_no_pair") {
  const lists x(rows, 5, 4);
  for (const auto scheme :
       {weighting_scheme::lambdaRank, weighting_scheme::ndcgLoss2PP, weighting_scheme::ndcgLoss1})
    CHECK(same(run(prefopt::lambda_loss({.weighting_scheme = scheme, .k = 5}), x.batch()),
               run(prefopt::lambda_loss({.weighting_scheme = scheme}), x.batch()), 1e-15));
  const auto none = run(prefopt::lambda_loss({.k = 1}), x.batch());
  CHECK(difference(none.losses, matrix<double>(rows, 1)) == 0);
}

TEST_CASE(
    "lambda_rank_bounds_the_lost_ndcg_from_above") {  // Wang 2018: −log2 σ ≥ 1 on every pair in the wrong order
  const lists x(rows, 6, 4);
  const auto out = run(lambda(weighting_scheme::ndcgLoss2), x.batch());
  index broken = 0;
  for (index b = 0; b < rows; ++b) broken += ideal_dcg(x, b) > 0 && out.losses(b) < 1 - ndcg(x, b) - 1e-12;
  CHECK(broken == 0);
}

// ---- over log-ratios

TEST_CASE("lipo_lambda_is_lambda_rank_over_log_ratios_times_the_ideal_dcg") {
  const lists x(rows, 6, 4), reference(rows, 6, 4, 9);
  lists ratios = x;
  for (std::size_t i = 0; i < x.policy.values().size(); ++i)
    ratios.policy.values()[i] = 0.3 * (x.policy.values()[i] - reference.policy.values()[i]);
  auto expected = run(prefopt::lambda_loss({.log_base = logarithm::natural}), ratios.batch());
  for (index b = 0; b < rows; ++b) {
    const double factor = ideal_dcg(x, b) / ln2;
    expected.losses(b) *= factor;
    for (index k = 0; k < 6; ++k) expected.gradient(b, k) *= 0.3 * factor;
  }
  CHECK(same(run(prefopt::lipo_lambda({.beta = 0.3}),
                 {.policy = x.policy, .reference = reference.policy, .relevance = x.relevance}),
             expected));
}

TEST_CASE("of_two_candidates_lipo_lambda_and_rankdpo_are_dpo_times_a_constant") {
  lists x(rows, 2, 1);
  for (index b = 0; b < rows; ++b) x.relevance(b, 0) = 1;
  const auto dpo = times(1 / ln2 - 1 / std::log(3.0), run(prefopt::dpo({.beta = 0.4}), {.policy = x.policy}));
  CHECK(same(run(prefopt::lipo_lambda({.beta = 0.4}), x.batch()), dpo));
  CHECK(same(run(prefopt::rankdpo({.beta = 0.4}), x.batch()), dpo));
}

TEST_CASE("rankdpo_is_lipo_lambda_where_the_model_ranks_as_the_labels_do") {
  lists x(rows, 6, 1);
  for (index b = 0; b < rows; ++b) {
    const auto order = sorted(x.policy, b);
    for (std::size_t place = 0; place < order.size(); ++place)
      x.relevance(b, order[place]) = 1 - 0.1 * static_cast<double>(place);
  }
  CHECK(same(run(prefopt::rankdpo(), x.batch()), run(prefopt::lipo_lambda(), x.batch()), 1e-15));
}

TEST_CASE("irpo_of_two_with_weights_1_and_0_is_half_of_dpo") {
  lists x(rows, 2, 1);
  for (index b = 0; b < rows; ++b) x.relevance(b, 0) = 1;
  CHECK(same(run(prefopt::irpo({.beta = 0.4}), x.batch()),
             times(0.5, run(prefopt::dpo({.beta = 0.4}), {.policy = x.policy}))));
}

TEST_CASE("irpo_is_what_its_formula_says_in_any_order") {
  const lists x(rows, 5, 3);
  matrix<std::int32_t> order(rows, 5);
  for (index b = 0; b < rows; ++b)
    for (index place = 0; place < 5; ++place)
      order(b, place) = static_cast<std::int32_t>((2 * place + b) % 5);
  for (const auto self_term : {irpo_self_term::excluded, irpo_self_term::code}) {
    const auto out = run(prefopt::irpo({.beta = 0.1, .self_term = self_term}),
                         {.policy = x.policy, .order = order, .relevance = x.relevance});
    double worst = 0;
    for (index b = 0; b < rows; ++b) {
      long double expected = 0;
      for (index place = 0; place < 5; ++place) {
        const index i = order(b, place);
        long double total = self_term == irpo_self_term::code ? std::exp(-10.0L) : 0;
        for (index j = 0; j < 5; ++j)
          if (j != i) total += std::exp(0.1L * (x.policy(b, j) - x.policy(b, i)));
        expected += (std::exp2(x.relevance(b, i)) - 1) / std::log2(2.0L + place) * std::log1p(total / 4) / 5;
      }
      worst = std::max(worst, std::abs(out.losses(b) - static_cast<double>(expected)));
    }
    CHECK(worst < 1e-12);
  }
}

// ---- soft ranks and sorts

TEST_CASE("approx_ndcg_and_neural_ndcg_become_minus_ndcg_where_they_are_sharp") {
  lists x(2000, 6, 4);
  for (index b = 0; b < x.policy.rows(); ++b)  // scores at least 0.1 apart
    for (index k = 0; k < 6; ++k)
      x.policy(b, k) =
          0.5 * static_cast<double>((k * (1 + b % 5) + b) % 7) + 0.1 * static_cast<double>(k % 2);
  const auto approx = run(prefopt::approx_ndcg({.alpha = 1000}), x.batch());
  const auto neural = run(prefopt::neural_ndcg({.temperature = 1e-3}), x.batch());
  const auto neural_at_3 = run(prefopt::neural_ndcg({.temperature = 1e-3, .k = 3}), x.batch());
  double worst = 0;
  for (index b = 0; b < x.policy.rows(); ++b) {
    worst = std::max(worst, std::abs(approx.losses(b) + ndcg(x, b)));
    worst = std::max(worst, std::abs(neural.losses(b) + ndcg(x, b)));
    worst = std::max(worst, std::abs(neural_at_3.losses(b) + ndcg(x, b, 3)));
  }
  CHECK(worst < 1e-9);
}

TEST_CASE("soft_ndcg_lies_between_0_and_1") {
  const lists x(rows, 6, 4);
  for (const auto& out : {run(prefopt::approx_ndcg(), x.batch()), run(prefopt::neural_ndcg(), x.batch())}) {
    index outside = 0;
    for (const double loss : out.losses.values())
      outside += !(loss <= 0 && loss >= -1.01);  // 50 sweeps leave a rest
    CHECK(outside == 0);
  }
}

// ---- symmetries

TEST_CASE("gradients_sum_to_0_in_each_list") {
  const lists x(rows, 6, 4);
  for (const auto& recipe : test::graded_recipes<double>()) {
    CAPTURE(recipe.name);
    matrix<double> gradient(rows, 6);
    recipe(x.batch(), gradient, {.reduction = prefopt::reduction::none});
    index broken = 0;
    for (index b = 0; b < rows; ++b) {
      double sum = 0, size = 0;
      for (index k = 0; k < 6; ++k) sum += gradient(b, k), size += std::abs(gradient(b, k));
      broken += !(std::abs(sum) <= 1e-12 * (1 + size));
    }
    CHECK(broken == 0);
  }
}

TEST_CASE("a_constant_added_to_a_list_changes_nothing") {
  const lists x(rows, 6, 4);
  lists moved = x;
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < 6; ++k) moved.policy(b, k) += 8;  // exact enough to keep ties and ranks
  for (const auto& recipe : test::graded_recipes<double>()) {
    CAPTURE(recipe.name);
    matrix<double> losses(rows, 1), moved_losses(rows, 1);
    recipe(x.batch(), {}, {.losses = losses});
    recipe(moved.batch(), {}, {.losses = moved_losses});
    CHECK(difference(moved_losses, losses) < 1e-9);
  }
}

TEST_CASE("permuting_a_list_permutes_its_gradient") {
  const index place[] = {3, 0, 5, 1, 4, 2};
  const lists x(rows, 6, 4);
  lists permuted = x;
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < 6; ++k) {
      permuted.policy(b, place[k]) = x.policy(b, k);
      permuted.relevance(b, place[k]) = x.relevance(b, k);
    }
  for (const auto& recipe : test::graded_recipes<double>()) {
    if (recipe.name == "irpo" || recipe.name == "rankdpo") continue;  // ranks by place, in ties too
    CAPTURE(recipe.name);
    matrix<double> gradient(rows, 6), other(rows, 6), losses(rows, 1), other_losses(rows, 1), back(rows, 6);
    recipe(x.batch(), gradient, {.reduction = prefopt::reduction::none, .losses = losses});
    recipe(permuted.batch(), other, {.reduction = prefopt::reduction::none, .losses = other_losses});
    for (index b = 0; b < rows; ++b)
      for (index k = 0; k < 6; ++k) back(b, k) = other(b, place[k]);
    CHECK(difference(other_losses, losses) < 1e-11);
    CHECK(difference(back, gradient) < 1e-11);
  }
}

}  // namespace
