#pragma once

#include <limits>

#include <prefopt/losses/approx_ndcg.hpp>
#include <prefopt/losses/irpo.hpp>
#include <prefopt/losses/lambda_loss.hpp>
#include <prefopt/losses/lambda_pairs.hpp>
#include <prefopt/losses/list_cross_entropy.hpp>
#include <prefopt/losses/neural_ndcg.hpp>
#include <prefopt/losses/plackett_luce_groups.hpp>
#include <prefopt/losses/ranknet.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/implicit.hpp>
#include <prefopt/rewards/score.hpp>
#include <prefopt/strengths/fixed.hpp>
#include <prefopt/strengths/unit.hpp>

/// \file
/// Lists of candidates that the batch's `relevance` grades: learning to rank, and its relatives over log-ratios. A grade
/// of −1 masks a candidate. Every objective over scores here is one over preferences with `rewards::implicit` and a β
/// (the LiPO framework, Liu 2024): `compose(losses::lambda_loss{}, rewards::implicit{}, strengths::fixed{0.1})`.

namespace prefopt {

// clang-format off
struct ranknet_settings     { losses::ranknet_weighting weighting = losses::ranknet_weighting::none; };
struct approx_ndcg_settings { double alpha = 1; };
struct neural_ndcg_settings { double temperature = 1; index k = std::numeric_limits<index>::max(); };
struct plackett_luce_groups_settings { double beta = 1; };
struct lipo_lambda_settings { double beta = 0.1; losses::logarithm log_base = losses::logarithm::natural; };
struct rankdpo_settings     { double beta = 0.1; };
struct irpo_settings        { double beta = 1; int weighting_id = 0;
                              losses::irpo_self_term self_term = losses::irpo_self_term::excluded; };
// clang-format on
/// See `losses::lambda_loss`.
using lambda_loss_settings = losses::lambda_loss;

/// ListNet, Cao 2007: cross-entropy between the softmaxes of grades and scores.
inline auto listnet() {
  return compose(losses::list_cross_entropy<losses::softmax_of_grades>{}, rewards::score{},
                 strengths::unit{});
}
/// The same with the grades' shares in their sum as the target: grades 0 and 1 (allRank).
inline auto binary_listnet() {
  return compose(losses::list_cross_entropy<losses::share_of_grades>{}, rewards::score{}, strengths::unit{});
}
/// RankNet, Burges 2005: the logistic loss over all pairs of different `relevance`, averaged over them.
inline auto ranknet(ranknet_settings s = {}) {
  return compose(losses::ranknet{s.weighting}, rewards::score{}, strengths::unit{});
}
/// LambdaLoss, Wang 2018, with all weighting schemes of allRank; LambdaRank unless set otherwise.
inline auto lambda_loss(lambda_loss_settings s = {}) {
  return compose(s, rewards::score{}, strengths::unit{});
}
/// ApproxNDCG, Qin 2010.
inline auto approx_ndcg(approx_ndcg_settings s = {}) {
  return compose(losses::approx_ndcg{s.alpha}, rewards::score{}, strengths::unit{});
}
/// NeuralNDCG, Pobrotyn 2021. Its cost is 50 times that of the others over pairs.
inline auto neural_ndcg(neural_ndcg_settings s = {}) {
  return compose(losses::neural_ndcg{s.temperature, s.k}, rewards::score{}, strengths::unit{});
}
/// Plackett–Luce DPO over a partial order: candidates of equal `relevance` are a group whose own order is not known.
inline auto plackett_luce_groups(plackett_luce_groups_settings s = {}) {
  return compose(losses::plackett_luce_groups{}, rewards::implicit{}, strengths::fixed{s.beta});
}
/// LiPO-λ, Liu 2024: LambdaRank's weights over log-ratios, their ranks those of the current policy.
inline auto lipo_lambda(lipo_lambda_settings s = {}) {
  return compose(losses::lambda_pairs<losses::ranks_of_rewards>{{}, s.log_base}, rewards::implicit{},
                 strengths::fixed{s.beta});
}
/// RankDPO, Karthik 2024: LiPO-λ with the ranks of the labels.
inline auto rankdpo(rankdpo_settings s = {}) {
  return compose(losses::lambda_pairs<losses::ranks_of_grades>{}, rewards::implicit{},
                 strengths::fixed{s.beta});
}
/// In-context Ranking Preference Optimization, Wu 2025. `batch.order` gives the places of the list.
inline auto irpo(irpo_settings s = {}) {
  return compose(losses::irpo{s.weighting_id, s.self_term}, rewards::implicit{}, strengths::fixed{s.beta});
}

}  // namespace prefopt
