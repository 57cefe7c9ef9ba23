#pragma once

#include <cstdint>

#include <prefopt/cuda/draw_row.hpp>
#include <prefopt/samplers/alias_table.hpp>
#include <prefopt/samplers/random_stream.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// What `cuda::draw` draws with.

namespace prefopt::cuda {

/// `samplers::uniform` on a device.
struct uniform {
  index num_items = 0;  ///< V, 1 to 2^31 − 1
  bool repeat = false;  ///< may an item come twice in a row?

  uniform_items law() const {
    return {num_items, samplers::bounded_integer(static_cast<std::uint32_t>(num_items))};
  }
};

/// `samplers::popularity` on a device, from copies of its tables there:
///
///     entries  sampler.unrestricted().table().entries()
///     weights  sampler.unrestricted().weights()
struct popularity {
  const samplers::alias_table::entry* entries = nullptr;  ///< [V]
  const double* weights = nullptr;                        ///< [V]
  index num_items = 0;                                    ///< V
  bool repeat = false;                                    ///< may an item come twice in a row?

  popular_items law() const {
    return {num_items, samplers::bounded_integer(static_cast<std::uint32_t>(num_items)), entries, weights};
  }
};

}  // namespace prefopt::cuda
