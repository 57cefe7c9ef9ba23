#include <prefopt/libtorch.hpp>
#include <prefopt/recipes.hpp>

#include "device_losses.hpp"

namespace test {

template <class Objective>
prefopt::libtorch::evaluated evaluated_by_nvcc(const Objective& objective,
                                               const prefopt::libtorch::batch& tensors,
                                               const prefopt::libtorch::options<>& options) {
  return prefopt::libtorch::loss_and_statistics(objective, tensors, options);
}

template <class Objective>
at::Tensor loss_by_nvcc(const Objective& objective, const prefopt::libtorch::batch& tensors,
                        const prefopt::libtorch::options<>& options) {
  return prefopt::libtorch::loss(objective, tensors, options);
}

#define PREFOPT_TEST_BY_NVCC(recipe)                                                                    \
  template prefopt::libtorch::evaluated evaluated_by_nvcc(const decltype(prefopt::recipe())&,           \
                                                          const prefopt::libtorch::batch&,              \
                                                          const prefopt::libtorch::options<>&);         \
  template at::Tensor loss_by_nvcc(const decltype(prefopt::recipe())&, const prefopt::libtorch::batch&, \
                                   const prefopt::libtorch::options<>&);
PREFOPT_TEST_BY_NVCC(s_dpo)
PREFOPT_TEST_BY_NVCC(bce)
PREFOPT_TEST_BY_NVCC(plackett_luce)
PREFOPT_TEST_BY_NVCC(ranknet)
PREFOPT_TEST_BY_NVCC(neural_ndcg)

}  // namespace test
