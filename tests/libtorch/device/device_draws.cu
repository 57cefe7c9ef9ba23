#include <prefopt/libtorch.hpp>

#include "device_draws.hpp"

namespace test {

template <class Sampler>
prefopt::libtorch::negatives drawn_by_nvcc(const Sampler& sampler, const at::Tensor& positives,
                                           const prefopt::libtorch::history& history,
                                           const prefopt::libtorch::draw_options& options) {
  return prefopt::libtorch::draw(sampler, positives, history, options);
}

template prefopt::libtorch::negatives drawn_by_nvcc(const prefopt::samplers::uniform&, const at::Tensor&,
                                                    const prefopt::libtorch::history&,
                                                    const prefopt::libtorch::draw_options&);
template prefopt::libtorch::negatives drawn_by_nvcc(const prefopt::libtorch::popularity&, const at::Tensor&,
                                                    const prefopt::libtorch::history&,
                                                    const prefopt::libtorch::draw_options&);

}  // namespace test
