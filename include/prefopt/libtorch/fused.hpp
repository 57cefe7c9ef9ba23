#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <prefopt/detail/evaluation.hpp>
#include <prefopt/evaluate.hpp>
#include <prefopt/libtorch/batch.hpp>
#include <prefopt/libtorch/closed_form.hpp>
#include <prefopt/libtorch/integers.hpp>
#include <prefopt/libtorch/options.hpp>
#include <prefopt/libtorch/view.hpp>

/// \file
/// The fused path: prefopt's engine on CPU tensors, zero-copy.

namespace prefopt::libtorch {

/// A loss and, detached, what people plot.
struct evaluated {
  at::Tensor loss;  ///< scalar, or [B] with `reduction::none`; of the type that it was computed in
  prefopt::result statistics;
};

namespace detail {

inline bool is_reduced_precision(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kHalf || tensor.scalar_type() == at::kBFloat16;
}

/// The tensors of a batch in the types that the engine reads; those that are in them already are not copied.
template <class Scalar>
class engine_batch {
 public:
  explicit engine_batch(const batch& tensors) {
    each_tensor_of_numbers(
        tensors, tensors_, [](std::string_view, const at::Tensor& given, at::Tensor& read) {
          if (!given.defined()) return;
          read = is_reduced_precision(given) && std::is_same_v<Scalar, float> ? given.to(at::kFloat) : given;
        });
    each_tensor_of_integers(tensors, tensors_,
                            [](std::string_view, const at::Tensor& given, at::Tensor& read) {
                              if (given.defined())
                                read = given.scalar_type() == at::kLong ? narrowed(given) : given;
                            });
  }

  /// \param device where all of them have to be
  prefopt::batch<Scalar> see(at::Device device = at::kCPU) const {
    prefopt::batch<Scalar> seen;
    each_tensor_of_numbers(tensors_, seen,
                           [&](std::string_view name, const at::Tensor& tensor, auto& member) {
                             if (tensor.defined())
                               member = libtorch::view<const Scalar>(tensor, name, device);
                           });
    each_tensor_of_integers(tensors_, seen,
                            [&](std::string_view name, const at::Tensor& tensor, auto& member) {
                              if (tensor.defined())
                                member = libtorch::view<const std::int32_t>(tensor, name, device);
                            });
    return seen;
  }

 private:
  batch tensors_;
};

/// Evaluates the batch once, with the gradient if autograd is going to ask for it.
/// \tparam Pack this compiler's lanes: nvcc has one where another has many, and their functions must not share a name
/// \param inputs what autograd may differentiate by: the policy, or the policy and the reference
template <class Scalar, class Objective, class Pack = native_pack<Scalar>>
evaluated fused_loss(const Objective& objective, const batch& tensors, at::TensorList inputs,
                     bool with_gradient, const options<state_of<Objective>>& options) {
  const auto type = at::TensorOptions(c10::CppTypeToScalarType<Scalar>::value);
  const bool by_row = options.reduction == reduction::none;
  known_loss known;
  evaluated said;
  {
    const at::NoGradGuard constants;
    const engine_batch<Scalar> held(tensors);
    const prefopt::batch<Scalar> seen = held.see();
    prefopt::options<Scalar, state_of<Objective>> asked{.reduction = options.reduction,
                                                        .non_finite = options.non_finite,
                                                        .executor = options.executor,
                                                        .state = options.state,
                                                        .workspace = options.workspace};
    if (by_row) {
      known.loss = at::empty({inputs[0].size(0)}, type);
      asked.losses = libtorch::view<Scalar>(known.loss, "losses");
    }
    tensor_ref<Scalar> gradient;
    if (with_gradient) {
      known.gradient = at::empty(inputs[0].sizes(), type);
      gradient = libtorch::view<Scalar>(known.gradient, "gradient");
    }
    said.statistics = prefopt::detail::evaluation<Pack, Objective>(objective, seen, gradient, asked).run();
    if (!by_row) known.loss = at::scalar_tensor(said.statistics.loss, type);
  }
  said.loss = with_gradient ? closed_form::apply(inputs, known) : known.loss;
  return said;
}

}  // namespace detail
}  // namespace prefopt::libtorch
