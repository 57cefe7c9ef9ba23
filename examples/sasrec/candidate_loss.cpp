#include "candidate_loss.hpp"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include <prefopt/eigen.hpp>
#include <prefopt/noise/parameters.hpp>

#include "candidate_inputs.hpp"
#include "layers/candidate_scores.hpp"
#include "layers/catalogue_normaliser.hpp"

namespace sasrec {
namespace {

using prefopt::inputs;

/// What a batch points into.
struct candidate_memory {
  candidate_matrix candidates, order;
  matrix scores, reference_scores, grades, lengths, kl, log_q, hardness;
};

class candidate_objective {
 public:
  candidate_objective(std::shared_ptr<any_objective> objective, negative_source source,
                      const candidate_options& options)
      : objective_(std::move(objective)),
        facts_(objective_->facts()),
        source_(std::move(source)),
        options_(options) {
    if (needs(inputs::hardness) && options.item_vectors != nullptr)
      hardness_ = hardness_table(*options.item_vectors);
  }

  shard_result operator()(const training_shard& shard, const model& policy, const matrix& queries,
                          matrix& query_gradient, matrix& item_gradient) const {
    matrix noisy, normalisers;
    const matrix& items = with_noise(policy.item_embeddings(), shard.step, noisy);
    const scoring score = prepare(queries, items, normalisers);
    candidate_memory memory;
    memory.candidates.resize(queries.rows(), 1 + options_.negatives);
    draw(shard, policy, queries, memory.candidates);
    const prefopt::batch<float> batch = make_batch(shard, score, memory);
    matrix gradient(queries.rows(), memory.candidates.cols());
    const prefopt::result result = objective_->evaluate(batch, prefopt::view(gradient));

    gradient *= shard.scale;
    query_gradient.setZero();
    candidate_scores_backward(queries, items, memory.candidates, gradient, query_gradient, item_gradient);
    if (facts_.needs_log_probabilities) {
      const matrix normaliser_gradient = -gradient.rowwise().sum();
      catalogue_normalisers_backward(queries, items, normalisers, normaliser_gradient, query_gradient,
                                     item_gradient);
    }
    return {result.loss, result.accuracy * static_cast<double>(result.examples)};
  }

 private:
  bool needs(inputs one) const { return contains(facts_.needs, one); }

  void draw(const training_shard& shard, const model& policy, const matrix& queries,
            candidate_matrix& candidates) const {
    if (!source_.is_scored()) return source_.draw(shard, candidates);
    if (options_.scored_by == nullptr)
      return source_.draw(shard, queries, policy.item_embeddings(), candidates);
    model::activations kept;
    source_.draw(shard, options_.scored_by->forward(shard.tokens, model::no_dropout, kept),
                 options_.scored_by->item_embeddings(), candidates);
  }

  /// The table itself, or a perturbed copy: the same for all shards of a batch.
  const matrix& with_noise(const matrix& items, std::uint64_t step, matrix& noisy) const {
    if (options_.noise == 0) return items;
    noisy.resize(items.rows(), items.cols());
    prefopt::noise::parameters{options_.noise}.apply<float>({.seed = options_.seed, .step = step}, items,
                                                            noisy);
    return noisy;
  }

  /// Raw scores, or log-probabilities where the objective needs them.
  scoring prepare(const matrix& queries, const matrix& items, matrix& normalisers) const {
    if (!facts_.needs_log_probabilities) return {queries, items, nullptr};
    catalogue_normalisers(queries, items, normalisers);
    return {queries, items, &normalisers};
  }

  prefopt::batch<float> make_batch(const training_shard& shard, const scoring& score,
                                   candidate_memory& memory) const {
    prefopt::batch<float> batch;
    score(memory.candidates, memory.scores);
    if (facts_.needs_log_probabilities)
      batch.policy = memory.scores;
    else
      batch.scores = memory.scores;
    if (needs(inputs::kl)) score(mismatched_targets(shard), memory.kl);
    if (options_.reference != nullptr && facts_.reads_reference) add_reference(shard, memory, batch);
    if (needs(inputs::kl)) batch.kl = memory.kl;
    if (facts_.graded || needs(inputs::relevance))
      batch.relevance = memory.grades = grades_of(memory.candidates);
    if (needs(inputs::lengths))
      batch.lengths = memory.lengths = matrix::Ones(memory.scores.rows(), memory.scores.cols());
    if (needs(inputs::hardness)) batch.hardness = memory.hardness = hardness_.of(memory.candidates);
    if (options_.log_q) {
      source_.log_q(shard, memory.candidates, memory.log_q);
      batch.log_q = memory.log_q;
    }
    return batch;
  }

  /// What the reference has to say, by log-probabilities where the policy has those.
  void add_reference(const training_shard& shard, candidate_memory& memory,
                     prefopt::batch<float>& batch) const {
    model::activations kept;
    matrix normalisers;
    const matrix& queries = options_.reference->forward(shard.tokens, model::no_dropout, kept);
    const scoring score = prepare(queries, options_.reference->item_embeddings(), normalisers);
    score(memory.candidates, memory.reference_scores);
    batch.reference = memory.reference_scores;
    if (facts_.ordered) batch.order = memory.order = order_by(memory.reference_scores);
    if (!needs(inputs::kl)) return;
    matrix mismatched;
    score(mismatched_targets(shard), mismatched);
    memory.kl -= mismatched;
  }

  std::shared_ptr<any_objective> objective_;
  objective_facts facts_;
  negative_source source_;
  candidate_options options_;
  hardness_table hardness_;
};

}  // namespace

position_loss candidate_loss(const objective_info& info, std::shared_ptr<any_objective> objective,
                             negative_source source, const candidate_options& options) {
  if (options.negatives < 1)
    throw std::invalid_argument(fmt::format("negatives is {}, expected at least 1", options.negatives));
  if (info.pairwise() && options.negatives != 1)
    throw std::invalid_argument(fmt::format(
        "negatives is {}, expected 1: {} compares with a single rejected item", options.negatives, info.id));
  if (options.log_q && !contains(info.facts.reads, inputs::log_q))
    throw std::invalid_argument(fmt::format("logQ correction belongs to softmax, not to {}", info.id));
  if (options.log_q && source.is_scored())
    throw std::invalid_argument(
        "logQ correction needs a sampler that looks at no score: uniform, popularity, in_batch");
  return candidate_objective(std::move(objective), std::move(source), options);
}

}  // namespace sasrec
