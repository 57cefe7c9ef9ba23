#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <ATen/ATen.h>

#include <prefopt/error.hpp>
#include <prefopt/numeric/bfloat16.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// `torch::Tensor` as a tensor of prefopt's. Its scalar type is known at run time only, so that one says which is meant:
///
///     prefopt::evaluate(objective, {.policy = prefopt::libtorch::view<const float>(policy, "policy")},
///                       prefopt::libtorch::view<float>(gradient, "gradient"));
///
/// LibTorch's own typed window, `tensor.accessor<float, 2>()`, is understood as well.

namespace prefopt {

/// `tensor.accessor<Scalar, 2>()` is `[rows, columns]`, `tensor.accessor<Scalar, 1>()` is `[size, 1]`.
template <class Scalar, std::size_t Dimensions>
  requires(Dimensions == 1 || Dimensions == 2)
struct tensor_traits<at::TensorAccessor<Scalar, Dimensions>> {
  using accessor = at::TensorAccessor<Scalar, Dimensions>;
  static constexpr bool is_view = true;

  /// As LibTorch has it, a const accessor still writes.
  static matrix_view<Scalar> view(const accessor& tensor) {
    Scalar* const data = const_cast<accessor&>(tensor).data();
    if constexpr (Dimensions == 2)
      return {data, tensor.size(0), tensor.size(1), tensor.stride(0), tensor.stride(1)};
    else
      return {data, tensor.size(0), 1, tensor.stride(0), 1};
  }
};

namespace libtorch {

namespace detail {

/// LibTorch's name of a scalar type.
template <class Scalar>
inline constexpr at::ScalarType type_of = c10::CppTypeToScalarType<Scalar>::value;
template <>
inline constexpr at::ScalarType type_of<bfloat16> = at::kBFloat16;

using prefopt::detail::fail;
using prefopt::detail::require;

inline constexpr std::string_view here = "libtorch";

/// The sizes in words: `[4, 16]`.
inline std::string sizes_text(const at::Tensor& tensor) {
  std::string text = "[";
  for (const std::int64_t size : tensor.sizes()) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

}  // namespace detail

/// A `[rows, columns]` window on a CPU tensor of two dimensions, `[size, 1]` on one of a single dimension. Nothing is
/// copied; strides may be anything, 0 included (expanded tensors). The window is valid as long as the tensor's storage.
/// \tparam Scalar float, double, bfloat16 (prefopt's) or std::int32_t; const to read only
/// \param name what messages call the tensor
/// Throws `invalid_argument` for a tensor that is undefined, sparse, on another device, of another scalar type or of
/// other dimensions.
template <class Scalar>
matrix_view<Scalar> view(const at::Tensor& tensor, std::string_view name) {
  using detail::here;
  detail::require(tensor.defined(), here, name, " is undefined, expected a tensor");
  detail::require(tensor.layout() == at::kStrided, here, name, " is sparse, expected a dense tensor");
  if (!tensor.device().is_cpu())
    detail::fail(here, name, " is on ", tensor.device().str(), ", expected a tensor on the CPU");
  constexpr at::ScalarType expected = detail::type_of<std::remove_const_t<Scalar>>;
  if (tensor.scalar_type() != expected)
    detail::fail(here, name, " is of type ", c10::toString(tensor.scalar_type()), ", expected ",
                 c10::toString(expected));
  detail::require(!tensor.is_neg(), here, name, " is a lazily negated tensor, expected resolve_neg() of it");
  if (tensor.dim() != 1 && tensor.dim() != 2)
    detail::fail(here, name, " is ", detail::sizes_text(tensor), ", expected one dimension or two");
  auto* const data = static_cast<Scalar*>(tensor.data_ptr());
  if (tensor.dim() == 1) return {data, tensor.size(0), 1, tensor.stride(0), 1};
  return {data, tensor.size(0), tensor.size(1), tensor.stride(0), tensor.stride(1)};
}

}  // namespace libtorch
}  // namespace prefopt
