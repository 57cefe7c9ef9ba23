#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include <ATen/ATen.h>

#include <prefopt/libtorch/view.hpp>

namespace prefopt::libtorch::detail {

/// Integers of 64 bits in 32. What 32 bits do not hold stays out of range.
inline at::Tensor narrowed(const at::Tensor& integers) {
  using limits = std::numeric_limits<std::int32_t>;
  return integers.clamp(limits::min(), limits::max()).to(at::kInt);
}

/// Throws unless the tensor is [n] integers of 32 or 64 bits; `size` is what a message calls n.
inline void require_integers(const at::Tensor& integers, std::string_view name, std::string_view size) {
  require(integers.defined(), here, name, " is undefined, expected a tensor");
  require(integers.layout() == at::kStrided, here, name, " is sparse, expected a dense tensor");
  if (integers.scalar_type() != at::kInt && integers.scalar_type() != at::kLong)
    fail(here, name, " is of type ", c10::toString(integers.scalar_type()), ", expected Int or Long");
  if (integers.dim() != 1) fail(here, name, " is ", sizes_text(integers), ", expected [", size, "]");
}

/// Integers of 32 or 64 bits in 32, where they are.
inline at::Tensor as_ids(const at::Tensor& integers) {
  return integers.scalar_type() == at::kLong ? narrowed(integers) : integers;
}
/// Ids on any device as the samplers read them: contiguous, of 32 bits, on the host. Not copied if they are that.
inline at::Tensor host_ids(const at::Tensor& ids, std::string_view name, std::string_view size) {
  require_integers(ids, name, size);
  return as_ids(ids).to(at::kCPU).contiguous();
}
inline std::span<const std::int32_t> see_ids(const at::Tensor& host_ids) {
  return {host_ids.data_ptr<std::int32_t>(), static_cast<std::size_t>(host_ids.numel())};
}

}  // namespace prefopt::libtorch::detail
