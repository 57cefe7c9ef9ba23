#include "candidate_loss.hpp"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include <prefopt/eigen.hpp>
#include <prefopt/noise/parameters.hpp>

#include "layers/candidate_scores.hpp"
#include "layers/catalogue_normaliser.hpp"

namespace sasrec {

using prefopt::inputs;

/// What a batch points into.
struct candidate_objective::memory {
  candidate_matrix order;
  matrix reference_scores, grades, lengths, kl, log_q, hardness;
};

candidate_objective::candidate_objective(const objective_info& info, std::shared_ptr<any_objective> objective,
                                         negative_source source, const candidate_options& options)
    : objective_(std::move(objective)),
      facts_(objective_->facts()),
      source_(std::move(source)),
      options_(options) {
  if (options.negatives < 1)
    throw std::invalid_argument(fmt::format("negatives is {}, expected at least 1", options.negatives));
  if (info.pairwise() && options.negatives != 1)
    throw std::invalid_argument(fmt::format(
        "negatives is {}, expected 1: {} compares with a single rejected item", options.negatives, info.id));
  if (options.log_q && !contains(info.facts.reads, inputs::log_q))
    throw std::invalid_argument(fmt::format("logQ correction belongs to softmax, not to {}", info.id));
  if (options.log_q && source_.is_scored())
    throw std::invalid_argument(
        "logQ correction needs a sampler that looks at no score: uniform, popularity, in_batch");
  if (needs(inputs::hardness) && options.item_vectors != nullptr)
    hardness_ = hardness_table(*options.item_vectors);
}

candidate_matrix candidate_objective::draw(const training_shard& shard, const matrix& queries,
                                           const matrix& items) const {
  candidate_matrix candidates(shard.tokens.tokens(), 1 + options_.negatives);
  if (draws_by_policy()) {
    source_.draw(shard, queries, items, candidates);
  } else if (source_.is_scored()) {
    model::activations kept;
    source_.draw(shard, options_.scored_by->forward(shard.tokens, model::no_dropout, kept),
                 options_.scored_by->item_embeddings(), candidates);
  } else {
    source_.draw(shard, candidates);
  }
  return candidates;
}

const matrix& candidate_objective::with_noise(const matrix& items, std::uint64_t step, matrix& noisy) const {
  if (options_.noise == 0) return items;
  noisy.resize(items.rows(), items.cols());
  prefopt::noise::parameters{options_.noise}.apply<float>({.seed = options_.seed, .step = step}, items,
                                                          noisy);
  return noisy;
}

shard_result candidate_objective::evaluate(const training_shard& shard, const candidate_matrix& candidates,
                                           const matrix& scores, const score_function& policy,
                                           const score_function& reference, matrix& score_gradient) const {
  memory kept;
  const prefopt::batch<float> batch = make_batch(shard, candidates, scores, policy, reference, kept);
  score_gradient.resize(candidates.rows(), candidates.cols());
  const prefopt::result result = objective_->evaluate(batch, prefopt::view(score_gradient));
  score_gradient *= shard.scale;
  return {result.loss, result.accuracy * static_cast<double>(result.examples)};
}

prefopt::batch<float> candidate_objective::make_batch(const training_shard& shard,
                                                      const candidate_matrix& candidates,
                                                      const matrix& scores, const score_function& policy,
                                                      const score_function& reference, memory& kept) const {
  prefopt::batch<float> batch;
  (facts_.needs_log_probabilities ? batch.policy : batch.scores) = scores;
  if (needs(inputs::kl)) policy(mismatched_targets(shard), kept.kl);
  if (this->reference() != nullptr) add_reference(shard, candidates, reference, kept, batch);
  if (needs(inputs::kl)) batch.kl = kept.kl;
  if (facts_.graded || needs(inputs::relevance)) batch.relevance = kept.grades = grades_of(candidates);
  if (needs(inputs::lengths)) batch.lengths = kept.lengths = matrix::Ones(scores.rows(), scores.cols());
  if (needs(inputs::hardness)) batch.hardness = kept.hardness = hardness_.of(candidates);
  if (options_.log_q) {
    source_.log_q(shard, candidates, kept.log_q);
    batch.log_q = kept.log_q;
  }
  return batch;
}

/// What the reference has to say, by log-probabilities where the policy has those.
void candidate_objective::add_reference(const training_shard& shard, const candidate_matrix& candidates,
                                        const score_function& reference, memory& kept,
                                        prefopt::batch<float>& batch) const {
  reference(candidates, kept.reference_scores);
  batch.reference = kept.reference_scores;
  if (facts_.ordered) batch.order = kept.order = order_by(kept.reference_scores);
  if (!needs(inputs::kl)) return;
  matrix mismatched;
  reference(mismatched_targets(shard), mismatched);
  kept.kl -= mismatched;
}

namespace {

/// Raw scores, or log-probabilities where the objective needs them.
scoring prepare(const matrix& queries, const matrix& items, bool log_probabilities, matrix& normalisers) {
  if (!log_probabilities) return {queries, items, nullptr};
  catalogue_normalisers(queries, items, normalisers);
  return {queries, items, &normalisers};
}

shard_result run(const candidate_objective& objective, const training_shard& shard, const model& policy,
                 const matrix& queries, matrix& query_gradient, matrix& item_gradient) {
  const bool normalised = objective.needs_log_probabilities();
  matrix noisy, normalisers, reference_normalisers, scores, gradient;
  const matrix& items = objective.with_noise(policy.item_embeddings(), shard.step, noisy);
  const scoring score = prepare(queries, items, normalised, normalisers);
  const candidate_matrix candidates = objective.draw(shard, queries, policy.item_embeddings());
  score(candidates, scores);

  model::activations kept;
  score_function reference;
  if (const model* const compared = objective.reference())
    reference = prepare(compared->forward(shard.tokens, model::no_dropout, kept), compared->item_embeddings(),
                        normalised, reference_normalisers);
  const shard_result result = objective.evaluate(shard, candidates, scores, score, reference, gradient);

  query_gradient.setZero();
  candidate_scores_backward(queries, items, candidates, gradient, query_gradient, item_gradient);
  if (normalised) {
    const matrix normaliser_gradient = -gradient.rowwise().sum();
    catalogue_normalisers_backward(queries, items, normalisers, normaliser_gradient, query_gradient,
                                   item_gradient);
  }
  return result;
}

}  // namespace

position_loss candidate_loss(candidate_objective objective) {
  return [objective = std::move(objective)](const training_shard& shard, const model& policy,
                                            const matrix& queries, matrix& query_gradient,
                                            matrix& item_gradient) {
    return run(objective, shard, policy, queries, query_gradient, item_gradient);
  };
}

}  // namespace sasrec
