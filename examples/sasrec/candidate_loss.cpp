#include "candidate_loss.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include <prefopt/eigen.hpp>
#include <prefopt/evaluate.hpp>

#include "layers/candidate_scores.hpp"
#include "layers/catalogue_normaliser.hpp"

namespace sasrec {
namespace {

/// Column 0, the target, first; the rejected items after it, by falling reference score.
candidate_matrix order_by(const matrix& reference_scores) {
  candidate_matrix order(reference_scores.rows(), reference_scores.cols());
  for (Index t = 0; t < order.rows(); ++t) {
    const auto row = std::span(order.row(t).data(), static_cast<std::size_t>(order.cols()));
    std::iota(row.begin(), row.end(), 0);
    std::stable_sort(row.begin() + 1, row.end(), [&](std::int32_t a, std::int32_t b) {
      return reference_scores(t, a) > reference_scores(t, b);
    });
  }
  return order;
}

template <class Objective>
class candidate_loss_of {
 public:
  candidate_loss_of(const Objective& objective, const objective_info& info, negative_source source,
                    int negatives, const model* reference, bool log_q)
      : objective_(objective),
        info_(info),
        source_(std::move(source)),
        negatives_(negatives),
        reference_(reference),
        log_q_(log_q) {}

  shard_result operator()(const training_shard& shard, const model& policy, const matrix& queries,
                          matrix& query_gradient, matrix& item_gradient) const {
    const matrix& items = policy.item_embeddings();
    candidate_matrix candidates(queries.rows(), 1 + negatives_);
    source_.draw(shard, candidates);
    matrix scores, normalisers, reference_scores, log_q;
    candidate_scores(queries, items, candidates, scores);
    prefopt::batch<float> batch;
    if constexpr (log_probabilities) {
      catalogue_normalisers(queries, items, normalisers);
      scores.colwise() -= normalisers.col(0);
      batch.policy = scores;
    } else {
      batch.scores = scores;
    }
    candidate_matrix order;
    if (reference_ != nullptr) {
      score_by_reference(shard, candidates, reference_scores);
      batch.reference = reference_scores;
      if (info_.ordered) {
        order = order_by(reference_scores);
        batch.order = order;
      }
    }
    if (log_q_) {
      source_.log_q(shard, candidates, log_q);
      batch.log_q = log_q;
    }
    matrix gradient(scores.rows(), scores.cols());
    const prefopt::result result =
        prefopt::evaluate(objective_, batch, gradient, {.reduction = prefopt::reduction::sum});

    gradient *= shard.scale;
    query_gradient.setZero();
    candidate_scores_backward(queries, items, candidates, gradient, query_gradient, item_gradient);
    if constexpr (log_probabilities) {
      const matrix normaliser_gradient = -gradient.rowwise().sum();
      catalogue_normalisers_backward(queries, items, normalisers, normaliser_gradient, query_gradient,
                                     item_gradient);
    }
    return {result.loss, result.accuracy * static_cast<double>(result.examples)};
  }

 private:
  /// By its type: raw scores will not do, the normaliser over the catalogue matters.
  static constexpr bool log_probabilities = Objective::needs_log_probabilities;

  /// Log-probabilities where the policy's are, raw scores where those are.
  void score_by_reference(const training_shard& shard, const candidate_matrix& candidates,
                          matrix& scores) const {
    model::activations kept;
    const matrix& queries = reference_->forward(shard.tokens, model::no_dropout, kept);
    candidate_scores(queries, reference_->item_embeddings(), candidates, scores);
    if constexpr (log_probabilities) {
      matrix normalisers;
      catalogue_normalisers(queries, reference_->item_embeddings(), normalisers);
      scores.colwise() -= normalisers.col(0);
    }
  }

  Objective objective_;
  objective_info info_;
  negative_source source_;
  int negatives_;
  const model* reference_;
  bool log_q_;
};

}  // namespace

position_loss candidate_loss(const std::string& objective, const objective_settings& settings,
                             negative_source source, int negatives, const model* reference, bool log_q) {
  const objective_info& info = find_objective(objective);
  if (negatives < 1)
    throw std::invalid_argument(fmt::format("negatives is {}, expected at least 1", negatives));
  if (info.pairwise && negatives != 1)
    throw std::invalid_argument(fmt::format(
        "negatives is {}, expected 1: {} compares with a single rejected item", negatives, objective));
  if (log_q && objective != "softmax")
    throw std::invalid_argument(fmt::format("logQ correction belongs to softmax, not to {}", objective));
  return with_objective(objective, settings, [&](const auto& chosen) -> position_loss {
    return candidate_loss_of(chosen, info, std::move(source), negatives, reference, log_q);
  });
}

}  // namespace sasrec
