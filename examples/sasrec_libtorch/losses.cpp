#include "losses.hpp"

#include <algorithm>
#include <limits>
#include <variant>

#include <ATen/core/grad_mode.h>

namespace sasrec::libtorch {
namespace {

at::Tensor view(const matrix& values) {
  return at::from_blob(const_cast<float*>(values.data()), {values.rows(), values.cols()}, at::kFloat);
}

matrix to_matrix(const at::Tensor& values) {
  const at::NoGradGuard no_gradient;
  matrix copy(values.size(0), values.size(1));
  view(copy).copy_(values);
  return copy;
}

/// A model's queries at the positions of a shard, and how it scores with them.
struct scoring {
  at::Tensor queries, items;
  at::Tensor normalisers;  // [tokens, 1], subtracted from the scores; undefined: raw scores

  scoring(at::Tensor q, at::Tensor i, bool log_probabilities) : queries(std::move(q)), items(std::move(i)) {
    if (log_probabilities) normalisers = at::logsumexp(at::matmul(queries, items.t()), 1, true);
  }

  at::Tensor operator()(const candidate_matrix& candidates) const {
    const at::Tensor ids = at::from_blob(const_cast<std::int32_t*>(candidates.data()),
                                         {candidates.rows(), candidates.cols()}, at::kInt)
                               .to(at::kLong)
                               .to(items.device());
    at::Tensor scores = (at::embedding(items, ids.clamp_min(0)) * queries.unsqueeze(1)).sum(-1);
    if (normalisers.defined()) scores = scores - normalisers;
    return scores.masked_fill(ids < 0, -std::numeric_limits<double>::infinity());
  }

  /// For what nobody differentiates.
  score_function without_gradient() const {
    return [this](const candidate_matrix& candidates, matrix& scores) {
      const at::NoGradGuard no_gradient;
      scores = to_matrix((*this)(candidates));
    };
  }
};

/// The policy's item embeddings, with the noise of a step on them if there is any.
at::Tensor noisy_items(const candidate_objective& objective, const network& policy, std::uint64_t step) {
  if (!objective.has_noise()) return policy.items();
  const matrix items = to_matrix(policy.items());
  matrix noisy;
  const matrix noise = objective.with_noise(items, step, noisy) - items;
  return policy.items() + view(noise).to(policy.device());
}

}  // namespace

device_loss::device_loss(const training_loss& loss, at::Device device) : loss_(loss) {
  if (const auto* objective = std::get_if<candidate_objective>(&loss_))
    if (objective->reference() != nullptr) reference_.emplace(*objective->reference(), device);
}

shard_result device_loss::backward(const training_shard& shard, const network& policy,
                                   const at::Tensor& queries) {
  return std::visit([&](const auto& loss) { return backward(loss, shard, policy, queries); }, loss_);
}

shard_result device_loss::backward(const full_softmax_loss& loss, const training_shard& shard,
                                   const network& policy, const at::Tensor& queries) {
  // Band by band, each with its own backward pass, so that the scores of the whole catalogue are never all in memory.
  constexpr std::int64_t band = 1024;
  const at::Tensor targets =
      at::tensor(at::ArrayRef<std::int32_t>(shard.targets), at::kInt).to(at::kLong).to(policy.device());
  shard_result total;
  for (std::int64_t first = 0; first < queries.size(0); first += band) {
    const std::int64_t rows = std::min(band, queries.size(0) - first);
    const at::Tensor wanted = targets.narrow(0, first, rows);
    const at::Tensor scores =
        at::matmul(queries.narrow(0, first, rows), policy.items().t()) / loss.temperature;
    const at::Tensor cost = at::cross_entropy_loss(scores, wanted, {}, at::Reduction::Sum);
    (cost * shard.scale).backward();
    const at::Tensor rivals = (scores.detach() >= scores.detach().gather(1, wanted.unsqueeze(1))).sum(1);
    total.loss += cost.item<double>();
    total.correct += (rivals == 1).sum().item<double>();
  }
  return total;
}

shard_result device_loss::backward(const candidate_objective& objective, const training_shard& shard,
                                   const network& policy, const at::Tensor& queries) {
  const bool normalised = objective.needs_log_probabilities();
  const scoring score(queries, noisy_items(objective, policy, shard.step), normalised);
  const candidate_matrix candidates =
      objective.draws_by_policy() ? objective.draw(shard, to_matrix(queries), to_matrix(policy.items()))
                                  : objective.draw(shard, {}, {});
  const at::Tensor scores = score(candidates);

  std::optional<scoring> reference_score;
  score_function reference;
  if (reference_) {
    const at::NoGradGuard no_gradient;
    if (objective.reference_moves()) reference_->load(*objective.reference());
    reference_score.emplace(reference_->queries(shard.tokens, dropout_mode::off), reference_->items(),
                            normalised);
    reference = reference_score->without_gradient();
  }
  matrix gradient;
  const shard_result result =
      objective.evaluate(shard, candidates, to_matrix(scores), score.without_gradient(), reference, gradient);
  scores.backward(view(gradient).to(policy.device()));
  return result;
}

}  // namespace sasrec::libtorch
