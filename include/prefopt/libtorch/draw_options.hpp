#pragma once

#include <string_view>

#include <prefopt/executor.hpp>
#include <prefopt/libtorch/options.hpp>
#include <prefopt/libtorch/view.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::libtorch {

/// How negatives are drawn.
struct draw_options {
  index count = 1;                         ///< K, negatives for each example
  samplers::draw_key key{};                ///< seed, step, and the number of the first example
  libtorch::path path = path::automatic;   ///< of samplers that look at scores; as for losses
  prefopt::executor executor = threads();  ///< of what is done on the host
  index block_scores = index{1} << 22;     ///< generic path: how many scores are in memory at once, about
};

namespace detail {

inline void require_count(index count, std::string_view name, index least) {
  require(count >= least, here, name, " is ", count, ", expected at least ", least);
}

/// Whether to take prefopt's engine: on the CPU, unless somebody forces the other path.
inline bool takes_fused(path wanted, at::Device device) {
  return wanted == path::fused || (wanted == path::automatic && device.is_cpu());
}

}  // namespace detail
}  // namespace prefopt::libtorch
