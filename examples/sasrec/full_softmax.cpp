#include "full_softmax.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <prefopt/eigen.hpp>
#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>

namespace sasrec {
namespace {

/// prefopt wants the preferred item in column 0, so the target's column and the first one change places: once
/// in the scores on their way in, once in the gradient on its way out.
void exchange_target(matrix& columns, std::span<const std::int32_t> targets) {
  for (Index t = 0; t < columns.rows(); ++t)
    std::swap(columns(t, 0), columns(t, targets[static_cast<std::size_t>(t)]));
}

}  // namespace

position_loss full_softmax(double temperature) {
  return [objective = prefopt::softmax({.temperature = temperature})](
             const training_shard& shard, const model& policy, const matrix& queries, matrix& query_gradient,
             matrix& item_gradient) {
    // A few positions at a time: the scores of all of them against all items would not fit into any cache.
    constexpr Index band = 128;
    const matrix& items = policy.item_embeddings();
    shard_result total;
    matrix scores;
    for (Index first = 0; first < queries.rows(); first += band) {
      const Index rows = std::min(band, queries.rows() - first);
      const auto targets =
          std::span(shard.targets).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(rows));
      scores.noalias() = queries.middleRows(first, rows) * items.transpose();
      exchange_target(scores, targets);
      matrix& gradient = scores;  // takes their place
      const prefopt::result result =
          prefopt::evaluate(objective, {.policy = scores}, gradient, {.reduction = prefopt::reduction::sum});
      exchange_target(gradient, targets);

      gradient *= shard.scale;
      query_gradient.middleRows(first, rows).noalias() = gradient * items;
      item_gradient.noalias() += gradient.transpose() * queries.middleRows(first, rows);
      total.loss += result.loss;
      total.correct += result.accuracy * static_cast<double>(result.examples);
    }
    return total;
  };
}

}  // namespace sasrec
