#include <prefopt/cuda.cuh>
#include <prefopt/samplers/popularity.hpp>

#include "device_calls.hpp"
#include "device_vector.cuh"

namespace test {
bool has_device() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
}

/// What the host decides over the batch, from what the device observes; empty for most objectives.
template <class Objective, class Scalar>
std::vector<Scalar> decide_by_host(const Objective& objective, const prefopt::batch<Scalar>& batch,
                                   device_vector<Scalar>& workspace) {
  constexpr index n = prefopt::cuda::observations<Objective>, m = prefopt::cuda::decisions<Objective>;
  std::vector<Scalar> said;
  if constexpr (n > 0) {
    using prefopt::matrix_view;
    const index b = batch.policy->rows;
    device_vector<Scalar> observed(static_cast<std::size_t>(b * n));
    prefopt::cuda::observe(objective, batch, matrix_view<Scalar>{observed.data(), b, n, n, 1},
                           workspace.data(), cudaStreamPerThread);
    prefopt::cuda::detail::check(cudaStreamSynchronize(cudaStreamPerThread), "observe");
    const std::vector<Scalar> seen = to_host(observed);
    said.resize(static_cast<std::size_t>(b * m));
    typename prefopt::detail::batch_step<Objective>::state state{};
    prefopt::cuda::decide(objective, matrix_view<const Scalar>{seen.data(), b, n, n, 1},
                          matrix_view<Scalar>{said.data(), b, m, m, 1}, &state);
  }
  return said;
}

template <class Objective, class Scalar>
device_result<Scalar> evaluate_on_device(const Objective& objective, const device_batch<Scalar>& batch) {
  using prefopt::matrix_view;
  const index b = batch.rows, n = batch.candidates, columns = n * batch.components;
  const device_vector<Scalar> policy(batch.policy), reference(batch.reference), relevance(batch.relevance),
      weights(batch.weights);
  const device_vector<std::int32_t> order(batch.order);
  device_vector<Scalar> gradient(batch.policy.size()), losses(static_cast<std::size_t>(b)), loss(1);
  device_vector<Scalar> workspace(prefopt::cuda::workspace_size(b, n));

  prefopt::batch<Scalar> given{.policy = matrix_view<const Scalar>{policy.data(), b, columns, columns, 1},
                               .reference = matrix_view<const Scalar>{reference.data(), b, n, n, 1}};
  if (!batch.relevance.empty()) given.relevance = matrix_view<const Scalar>{relevance.data(), b, n, n, 1};
  if (!batch.weights.empty()) given.weights = matrix_view<const Scalar>{weights.data(), b, 1, 1, 1};
  if (!batch.order.empty()) given.order = matrix_view<const std::int32_t>{order.data(), b, n, n, 1};
  const device_vector<Scalar> decided(decide_by_host(objective, given, workspace));
  prefopt::cuda::options<Scalar> options{.losses = matrix_view<Scalar>{losses.data(), b, 1, 1, 1},
                                         .loss = loss.data()};
  if constexpr (constexpr index m = prefopt::cuda::decisions<Objective>; m > 0)
    options.decided = matrix_view<const Scalar>{decided.data(), b, m, m, 1};
  prefopt::cuda::evaluate(objective, given, matrix_view<Scalar>{gradient.data(), b, columns, columns, 1},
                          options, workspace.data(), cudaStreamPerThread);
  prefopt::cuda::detail::check(cudaStreamSynchronize(cudaStreamPerThread), "evaluate");
  return {to_host(loss)[0], to_host(losses), to_host(gradient)};
}

#define PREFOPT_TEST_ON_DEVICE(recipe)                                                  \
  template device_result<float> evaluate_on_device(const decltype(prefopt::recipe())&,  \
                                                   const device_batch<float>&);         \
  template device_result<double> evaluate_on_device(const decltype(prefopt::recipe())&, \
                                                    const device_batch<double>&);
PREFOPT_TEST_ON_DEVICE(dpo)
PREFOPT_TEST_ON_DEVICE(rpo)
PREFOPT_TEST_ON_DEVICE(s_dpo)
PREFOPT_TEST_ON_DEVICE(dmpo)
PREFOPT_TEST_ON_DEVICE(bpr)
PREFOPT_TEST_ON_DEVICE(bce)
PREFOPT_TEST_ON_DEVICE(softmax)
PREFOPT_TEST_ON_DEVICE(plackett_luce)
PREFOPT_TEST_ON_DEVICE(plackett_luce_groups)
PREFOPT_TEST_ON_DEVICE(irpo)
PREFOPT_TEST_ON_DEVICE(listnet)
PREFOPT_TEST_ON_DEVICE(ranknet)
PREFOPT_TEST_ON_DEVICE(lambda_loss)
PREFOPT_TEST_ON_DEVICE(approx_ndcg)
PREFOPT_TEST_ON_DEVICE(rankdpo)
PREFOPT_TEST_ON_DEVICE(gpm)
PREFOPT_TEST_ON_DEVICE(beta_dpo)
PREFOPT_TEST_ON_DEVICE(aot)

std::vector<std::int32_t> draw_on_device(const device_draw& draw, const std::vector<double>& counts,
                                         index& missing) {
  const auto b = static_cast<index>(draw.positives.size());
  const device_vector<std::int32_t> positives(draw.positives), items(draw.items);
  const device_vector<index> offsets(draw.offsets);
  device_vector<std::int32_t> negatives(static_cast<std::size_t>(b * draw.places));
  device_vector<index> masked(1);
  const auto run = [&](const auto& sampler) {
    prefopt::cuda::draw(sampler, positives.data(), {offsets.data(), items.data()}, draw.key,
                        {negatives.data(), b, draw.places, draw.places, 1}, masked.data(),
                        cudaStreamPerThread);
    prefopt::cuda::detail::check(cudaStreamSynchronize(cudaStreamPerThread), "draw");
  };
  if (counts.empty()) {
    run(prefopt::cuda::uniform{draw.num_items, draw.repeat});
  } else {
    const prefopt::samplers::popularity sampler(counts);
    const auto& law = sampler.unrestricted();
    const std::vector table(law.table().entries().begin(), law.table().entries().end());
    const device_vector entries(table);
    const device_vector weights(std::vector<double>(law.weights().begin(), law.weights().end()));
    run(prefopt::cuda::popularity{entries.data(), weights.data(), draw.num_items, draw.repeat});
  }
  missing = to_host(masked)[0];
  return to_host(negatives);
}

}  // namespace test
