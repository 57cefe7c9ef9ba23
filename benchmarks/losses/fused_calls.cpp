#include "fused_calls.hpp"

#include <prefopt/evaluate_candidates.hpp>
#include <prefopt/full_softmax.hpp>
#include <prefopt/recipes.hpp>

namespace ours {
namespace {

template <class Scalar>
prefopt::matrix_view<Scalar> matrix(Scalar* data, std::int64_t rows, std::int64_t columns) {
  return {data, rows, columns, columns, 1};
}

float scored(const fused_batch& b, const prefopt::tensor_ref<std::int32_t>& items) {
  const prefopt::candidate_batch<float> batch{
      .queries = matrix(b.queries, b.batch, b.width),
      .catalogue = matrix(b.catalogue, b.items, b.width),
      .candidates = matrix(b.ids, b.batch, b.candidates),
      .inputs = {.reference = matrix(b.reference, b.batch, b.candidates)}};
  const prefopt::candidate_gradient<float> gradient{
      .queries = matrix(b.query_gradient, b.batch, b.width),
      .rows = matrix(b.catalogue_gradient, b.batch * b.candidates, b.width),
      .items = items};
  return static_cast<float>(prefopt::evaluate_candidates(prefopt::s_dpo({.beta = 1}), batch, gradient).loss);
}

}  // namespace

float fused_scoring(const fused_batch& b) { return scored(b, {}); }
float fused_scoring_coalesced(const fused_batch& b, std::int32_t* items) {
  return scored(b, matrix(items, b.batch * b.candidates, 1));
}

float full_softmax(const fused_batch& b) {
  const prefopt::full_softmax_batch<float> batch{.queries = matrix(b.queries, b.batch, b.width),
                                                 .catalogue = matrix(b.catalogue, b.items, b.width),
                                                 .targets = matrix(b.ids, b.batch, 1)};
  const prefopt::full_softmax_gradient<float> gradient{
      .queries = matrix(b.query_gradient, b.batch, b.width),
      .catalogue = matrix(b.catalogue_gradient, b.items, b.width)};
  return static_cast<float>(prefopt::full_softmax(batch, gradient).loss);
}

}  // namespace ours
