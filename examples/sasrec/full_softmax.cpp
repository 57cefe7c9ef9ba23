#include "full_softmax.hpp"

#include <prefopt/eigen.hpp>
#include <prefopt/full_softmax.hpp>

namespace sasrec {

position_loss full_softmax(double temperature) {
  return [temperature](const training_shard& shard, const model& policy, const matrix& queries,
                       matrix& query_gradient, matrix& item_gradient) -> shard_result {
    query_gradient.setZero();  // both are added to; the items' gradient has had its share from the inputs
    const prefopt::full_softmax_result result = prefopt::full_softmax<float>(
        {.queries = queries, .catalogue = policy.item_embeddings(), .targets = shard.targets},
        {.queries = query_gradient, .catalogue = item_gradient},
        {.temperature = temperature,
         .reduction = prefopt::reduction::sum,
         .accumulate = true,
         .gradient_scale = static_cast<double>(shard.scale)});
    return {result.loss, result.accuracy * static_cast<double>(result.examples)};
  };
}

}  // namespace sasrec
