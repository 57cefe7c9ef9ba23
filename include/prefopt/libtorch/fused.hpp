#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <prefopt/detail/evaluation.hpp>
#include <prefopt/detail/narrow_call.hpp>
#include <prefopt/evaluate.hpp>
#include <prefopt/libtorch/batch.hpp>
#include <prefopt/libtorch/closed_form.hpp>
#include <prefopt/libtorch/integers.hpp>
#include <prefopt/libtorch/options.hpp>
#include <prefopt/libtorch/view.hpp>
#include <prefopt/numeric/narrow.hpp>

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

/// Whether a batch's scores are read where they are, in 16 bits. Those of half are not: their gradient stays a float until
/// the backward has multiplied it, by what a loss of half is usually scaled with.
inline bool is_stored_in_bfloat16(const batch& tensors) {
  const auto fits = [](const at::Tensor& tensor) {
    return !tensor.defined() || tensor.scalar_type() == at::kBFloat16;
  };
  return fits(tensors.policy) && fits(tensors.scores) && fits(tensors.reference);
}

/// The tensors of a batch in the types that the engine reads; those that are in them already are not copied.
/// \tparam Stored float, double or bfloat16
template <class Stored>
class engine_batch {
 public:
  explicit engine_batch(const batch& tensors) : tensors_(tensors) {
    prefopt::batch<Stored> read;
    each_tensor_of_numbers(
        tensors_, read, []<class Number>(std::string_view, at::Tensor& tensor, const tensor_ref<Number>&) {
          if (std::is_same_v<Number, const float> && tensor.defined() && is_reduced_precision(tensor))
            tensor = tensor.to(at::kFloat);
        });
    each_tensor_of_integers(tensors_, tensors_, [](std::string_view, at::Tensor& tensor, const at::Tensor&) {
      if (tensor.defined()) tensor = as_ids(tensor);
    });
  }

  /// \param device where all of them have to be
  prefopt::batch<Stored> see(at::Device device = at::kCPU) const {
    prefopt::batch<Stored> seen;
    each_tensor_of_numbers(
        tensors_, seen,
        [&]<class Number>(std::string_view name, const at::Tensor& tensor, tensor_ref<Number>& member) {
          if (tensor.defined()) member = libtorch::view<Number>(tensor, name, device);
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
/// \tparam Stored what the scores and their gradient are
/// \tparam Pack this compiler's lanes: nvcc has one where another has many, and their functions must not share a name
/// \param inputs what autograd may differentiate by: the policy, or the policy and the reference
template <class Stored, class Objective, class Pack = native_pack<computed_t<Stored>>>
evaluated fused_loss(const Objective& objective, const batch& tensors, at::TensorList inputs,
                     bool with_gradient, const options<state_of<Objective>>& options) {
  using Scalar = computed_t<Stored>;
  const bool by_row = options.reduction == reduction::none;
  known_loss known;
  evaluated said;
  {
    const at::NoGradGuard constants;
    const engine_batch<Stored> held(tensors);
    const prefopt::batch<Stored> seen = held.see();
    prefopt::options<Scalar, state_of<Objective>> asked{.reduction = options.reduction,
                                                        .non_finite = options.non_finite,
                                                        .executor = options.executor,
                                                        .state = options.state};
    if (by_row) {
      known.loss = at::empty({inputs[0].size(0)}, type_of<Scalar>);
      asked.losses = libtorch::view<Scalar>(known.loss, "losses");
    }
    tensor_ref<Stored> gradient;
    if (with_gradient) {
      known.gradient = at::empty(inputs[0].sizes(), type_of<Stored>);
      gradient = libtorch::view<Stored>(known.gradient, "gradient");
    }
    if constexpr (narrow_number<Stored>) {
      said.statistics =
          prefopt::detail::narrow_call<Stored, Objective>(objective, seen, gradient, asked).run();
    } else {
      asked.workspace = options.workspace;
      said.statistics = prefopt::detail::evaluation<Pack, Objective>(objective, seen, gradient, asked).run();
    }
    if (!by_row) known.loss = at::scalar_tensor(said.statistics.loss, type_of<Scalar>);
  }
  said.loss = with_gradient ? closed_form::apply(inputs, known) : known.loss;
  return said;
}

}  // namespace detail
}  // namespace prefopt::libtorch
