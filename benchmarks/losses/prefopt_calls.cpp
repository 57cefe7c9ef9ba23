#include "prefopt_calls.hpp"

#include <prefopt/evaluate.hpp>
#include <prefopt/evaluate_gradient.hpp>
#include <prefopt/recipes.hpp>

namespace ours {
namespace {

template <class Scalar>
prefopt::matrix_view<Scalar> matrix(Scalar* data, const bench::loss_batch& batch) {
  const auto rows = static_cast<prefopt::index>(batch.rows);
  const auto columns = static_cast<prefopt::index>(batch.columns);
  return {data, rows, columns, columns, 1};
}

float evaluate(const auto& objective, const bench::loss_batch& batch, prefopt::batch<float> inputs,
               const prefopt::executor& executor) {
  inputs.policy = matrix(batch.policy, batch);
  return static_cast<float>(
      prefopt::evaluate(objective, inputs, matrix(batch.gradient, batch), {.executor = executor}).loss);
}

float with_reference(const auto& objective, const bench::loss_batch& batch,
                     const prefopt::executor& executor) {
  return evaluate(objective, batch, {.reference = matrix(batch.reference, batch)}, executor);
}

}  // namespace

float s_dpo(const bench::loss_batch& batch, const prefopt::executor& executor) {
  return with_reference(prefopt::s_dpo({.beta = 1}), batch, executor);
}
float s_dpo_gradient(const bench::loss_batch& batch, const prefopt::executor& executor) {
  prefopt::evaluate_gradient(prefopt::s_dpo({.beta = 1}),
                             {.policy = matrix<const float>(batch.policy, batch),
                              .reference = matrix<const float>(batch.reference, batch)},
                             matrix(batch.gradient, batch), {.executor = executor});
  return 0;
}
float dpo(const bench::loss_batch& batch, const prefopt::executor& executor) {
  return with_reference(prefopt::dpo({.beta = 1}), batch, executor);
}
float dmpo(const bench::loss_batch& batch, const prefopt::executor& executor) {
  return with_reference(prefopt::dmpo({.beta = 1}), batch, executor);
}
float bpr(const bench::loss_batch& batch, const prefopt::executor& executor) {
  return evaluate(prefopt::bpr(), batch, {}, executor);
}
float bce(const bench::loss_batch& batch, const prefopt::executor& executor) {
  return evaluate(prefopt::bce(), batch, {}, executor);
}
float plackett_luce(const bench::loss_batch& batch, const prefopt::executor& executor) {
  return evaluate(prefopt::plackett_luce({.beta = 1}), batch,
                  {.reference = matrix(batch.reference, batch), .order = matrix(batch.order, batch)},
                  executor);
}
float plackett_luce_in_order(const bench::loss_batch& batch, const prefopt::executor& executor) {
  return with_reference(prefopt::plackett_luce({.beta = 1}), batch, executor);
}
float ranknet(const bench::loss_batch& batch, const prefopt::executor& executor) {
  return evaluate(prefopt::ranknet(), batch, {.relevance = matrix(batch.relevance, batch)}, executor);
}

}  // namespace ours
