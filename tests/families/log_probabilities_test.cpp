#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/evaluate_candidates.hpp>
#include <prefopt/recipes.hpp>

#include "support/matrix.hpp"

// Who may be given raw scores, and who says by type that only log-probabilities will do.

using prefopt::index;
using test::matrix;

namespace {

template <class Objective>
constexpr bool needs(const Objective&) {
  return Objective::needs_log_probabilities;
}

/// A user's reward that says nothing of shifts.
struct silent_reward {
  auto value(auto row) const { return row.policy(); }
};
/// A user's strength that looks at probabilities.
struct by_probability {
  static constexpr bool needs_log_probabilities = true;
  auto operator()(auto row) const { return exp(row.preferred(row.policy())); }
};

const matrix<double> numbers{{-1, -2}, {-3, -0.5}};

}  // namespace

TEST_CASE("differences within a row need no log-probabilities") {
  using namespace prefopt;
  CHECK_FALSE((needs(dpo()) || needs(cdpo()) || needs(robust_dpo()) || needs(ipo()) || needs(hinge())));
  CHECK_FALSE((needs(exo_pair()) || needs(discopop()) || needs(aot()) || needs(f_dpo())));
  CHECK_FALSE((needs(s_dpo()) || needs(dpo_k()) || needs(dmpo()) || needs(bpr()) || needs(softmax())));
  CHECK_FALSE((needs(plackett_luce()) || needs(plackett_luce_topm()) || needs(ranknet())));
  CHECK_FALSE(
      (needs(simpo()) || needs(bt_ties()) || needs(bt_ties<tie_model::davidson>()) || needs(bt_wide_ties())));
}

TEST_CASE("logits and vectors are no log-probabilities") {
  CHECK_FALSE(needs(prefopt::bce()));
  CHECK_FALSE(needs(prefopt::gbce({.num_items = 10})));
  CHECK_FALSE(needs(prefopt::gpm()));
  // As logits over a reference, they would be compared with what is normalised.
  CHECK(needs(prefopt::compose(prefopt::losses::binary_cross_entropy{}, prefopt::rewards::implicit{})));
}

TEST_CASE("what judges an item on its own, or shapes its probability, needs log-probabilities") {
  using namespace prefopt;
  CHECK((needs(nll()) && needs(rpo()) && needs(ipo_lengthnorm()) && needs(aot_unpaired())));
  CHECK((needs(nca_pair()) && needs(bco_pair()) && needs(sppo_hard()) && needs(apo_zero()) &&
         needs(apo_down())));
  CHECK((needs(f_dpo<f_divergence::js>()) && needs(f_dpo<f_divergence::forward_kl>()) &&
         needs(f_dpo<f_divergence::alpha>())));
  CHECK(
      (needs(cpo()) && needs(cpo<cpo_loss::hinge>()) && needs(alphapo()) && needs(orpo()) && needs(mapo())));
  CHECK((needs(kto()) && needs(apo_zero_unpaired()) && needs(bco()) && needs(gpo()) && needs(sppo())));
}

TEST_CASE("a sum needs them if a term does, and a part of one's own if it says so or says nothing") {
  using namespace prefopt;
  CHECK_FALSE(needs(s_dpo() + 0.1 * bpr()));
  CHECK(needs(s_dpo() + 0.1 * nll()));
  CHECK(needs(0.1 * nll() + s_dpo() + bpr()));
  CHECK(needs(compose(losses::softmax{}, silent_reward{})));
  CHECK(needs(compose(losses::softmax{}, rewards::implicit{}, by_probability{})));
}

TEST_CASE("scores are the policy to whoever takes both") {
  matrix<double> by_policy(2, 2), by_scores(2, 2);
  const double loss = prefopt::evaluate(prefopt::dpo(), {.policy = numbers}, by_policy).loss;
  CHECK(prefopt::evaluate(prefopt::dpo(), {.scores = numbers}, by_scores).loss == loss);
  CHECK(by_scores == by_policy);
  CHECK(prefopt::evaluate(prefopt::bce(), prefopt::batch<double>{.scores = numbers}).loss > 0);
}

#define REFUSES(text, objective, ...)                                                           \
  CHECK_THROWS_WITH_AS(prefopt::evaluate(objective, prefopt::batch<double>{__VA_ARGS__}), text, \
                       prefopt::invalid_argument)

TEST_CASE("scores are refused by an objective that needs log-probabilities") {
  const char* text =
      "evaluate: scores is given, but this objective needs log-probabilities: give them as policy";
  REFUSES(text, prefopt::nll(), .scores = numbers);
  REFUSES(text, prefopt::rpo(), .scores = numbers);
  REFUSES(text, prefopt::apo_zero(), .scores = numbers);
  REFUSES(text, prefopt::orpo(), .scores = numbers);
}

TEST_CASE("scores and policy exclude each other, and lengths go with log-probabilities") {
  REFUSES("evaluate: policy and scores are given, expected one of them", prefopt::dpo(), .policy = numbers,
          .scores = numbers);
  const matrix<double> lengths(2, 2, 3);
  REFUSES(
      "evaluate: lengths is given with scores, but lengths belong to log-probabilities: give them as policy",
      prefopt::simpo(), .scores = numbers, .lengths = lengths);
  CHECK(prefopt::evaluate(prefopt::simpo(), prefopt::batch<double>{.policy = numbers, .lengths = lengths})
            .loss > 0);
}

TEST_CASE("messages about scores call them so") {
  const matrix<double> three(2, 3), broken{{-1, std::numeric_limits<double>::quiet_NaN()}};
  REFUSES(
      "evaluate: scores is [2, 3], expected [B, 2]: this objective compares the preferred item with one "
      "rejected item",
      prefopt::dpo(), .scores = three);
  REFUSES("evaluate: reference is [2, 3], expected [2, 2] (the shape of scores)", prefopt::dpo(),
          .scores = numbers, .reference = three);
  REFUSES("evaluate: scores[0, 1] is nan, expected a finite score (or -inf for a rejected item, to mask it)",
          prefopt::dpo(), .scores = broken);
}

TEST_CASE("products of vectors are scores") {
  const matrix<float> queries(2, 3), catalogue(5, 3);
  const matrix<std::int32_t> candidates(2, 2);
  const prefopt::candidate_batch<float> batch{
      .queries = queries, .catalogue = catalogue, .candidates = candidates};
  CHECK_THROWS_WITH_AS(
      prefopt::evaluate_candidates(prefopt::nll(), batch),
      "evaluate_candidates: this objective needs log-probabilities, but products of vectors are scores",
      prefopt::invalid_argument);
}
