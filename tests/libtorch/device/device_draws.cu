#include <prefopt/libtorch.hpp>
#include <prefopt/samplers/uniform.hpp>

#include "device_draws.hpp"

namespace test {

template <class Sampler>
draw_by_nvcc draw_from(const Sampler& sampler) {
  return [sampler](const at::Tensor& positives, const prefopt::libtorch::history& history,
                   const prefopt::libtorch::draw_options& options) {
    return prefopt::libtorch::draw(sampler, positives, history, options);
  };
}

draw_by_nvcc uniform_by_nvcc(std::int64_t num_items, bool repeat) {
  return draw_from(prefopt::samplers::uniform{.num_items = num_items, .repeat = repeat});
}

draw_by_nvcc popularity_by_nvcc(const at::Tensor& counts) {
  return draw_from(prefopt::libtorch::popularity(counts));
}

}  // namespace test
