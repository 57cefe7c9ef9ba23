#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>
#include <prefopt/selections/guarded.hpp>
#include <prefopt/selections/hardest.hpp>
#include <prefopt/weights/focal.hpp>
#include <prefopt/weights/hardness.hpp>
#include <prefopt/weights/normalised.hpp>
#include <prefopt/weights/weighted.hpp>
#include <prefopt/weights/wpo.hpp>

#include "support/matrix.hpp"

/// \file
/// Adaptive parts say the same whichever way the engine walks over a batch: dense tiles, tiles with masks, rows across the
/// lanes; asked for diagnostics, it takes the plain tiles.

namespace {

using namespace prefopt;
using test::matrix;

template <class Scalar, class Objective>
void walks_agree(const Objective& objective, index rows, index candidates, bool masked,
                 bool per_example = false, bool negative = false) {
  auto policy = test::random_scores<Scalar>(rows, candidates, 2, 1);
  const auto reference = test::random_scores<Scalar>(rows, candidates, 1, 2);
  matrix<Scalar> numbers(rows, 1);
  for (index b = 0; b < rows; ++b) numbers(b) = Scalar(0.5) + static_cast<Scalar>(b % 7) / 10;
  if (negative)
    for (Scalar& p : policy.values()) p = -std::abs(p);
  if (masked)
    for (index b = 0; b < rows; ++b)
      policy(b, 1 + b % (candidates - 1)) = -std::numeric_limits<Scalar>::infinity();
  prefopt::batch<Scalar> batch{.policy = policy, .reference = reference};
  if (per_example && contains(objective.reads, inputs::hardness)) batch.hardness = numbers;
  if (per_example && contains(objective.reads, inputs::log_collision)) batch.log_collision = numbers;

  matrix<Scalar> fast(rows, candidates), plain(rows, candidates);
  state_of<Objective> first{}, second{};
  const auto said = evaluate(objective, batch, fast, {.reduction = reduction::none, .state = &first});
  const auto expected = evaluate(objective, batch, plain,
                                 {.reduction = reduction::none, .state = &second, .diagnostics = true});
  const double tolerance = sizeof(Scalar) == 4 ? 2e-5 : 1e-12;
  CHECK(said.loss == doctest::Approx(expected.loss).epsilon(tolerance));
  CHECK(said.mean_beta == doctest::Approx(expected.mean_beta).epsilon(tolerance));
  for (std::size_t i = 0; i < fast.values().size(); ++i)
    REQUIRE(std::abs(fast.values()[i] - plain.values()[i]) <= tolerance * (1 + std::abs(plain.values()[i])));
}

template <class Scalar, class Objective>
void every_walk_agrees(const Objective& objective, bool per_example = false, bool negative = false) {
  for (const index candidates : {index{5}, index{700}})
    for (const bool masked : {false, true})
      walks_agree<Scalar>(objective, 70, candidates, masked, per_example, negative);
}

TEST_CASE("boundary_and_dual_margin") {
  every_walk_agrees<double>(dynamicpo());
  every_walk_agrees<float>(dynamicpo_sdpo());
  every_walk_agrees<double>(dynamicpo_mppo(), false, true);
}

TEST_CASE("hardest_and_guarded_and_a_strength_per_pair_on_the_guarded") {
  every_walk_agrees<double>(
      compose(losses::softmax{}, rewards::implicit{}, strengths::fixed{0.5}, selections::hardest{3}));
  every_walk_agrees<double>(
      compose(losses::softmax{}, rewards::implicit{}, strengths::fixed{0.5}, selections::guarded{1}));
  every_walk_agrees<double>(compose(losses::mean_negative<losses::logistic>{}, rewards::implicit{},
                                    strengths::dual_margin{}, selections::guarded{-1}));
}

TEST_CASE("strengths_from_the_batch") {
  every_walk_agrees<double>(compose(losses::softmax{}, rewards::implicit{}, strengths::batch_beta{}));
  every_walk_agrees<float>(compose(losses::softmax{}, rewards::implicit{}, strengths::hars{}), true);
}

TEST_CASE("weights") {
  every_walk_agrees<double>(weighted(s_dpo(), weights::focal{.gamma = 2}));
  every_walk_agrees<double>(weighted(s_dpo(), weights::hardness{}), true);
  every_walk_agrees<double>(weighted(dynamicpo(), weights::normalised{weights::wpo{.largest = 1}}), true);
}

}  // namespace
