#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/graph_task.h>

#include <prefopt/libtorch/view.hpp>

namespace prefopt::libtorch::detail {

/// A loss that is known together with its gradient by the first input; the gradient by a second one is its negative.
struct known_loss {
  at::Tensor loss;      ///< scalar, or [B]
  at::Tensor gradient;  ///< [B, N], of the loss or, row by row, of the losses
};

/// Gives a known loss its place in autograd's graph. Compiled once: nothing here knows the objective.
class closed_form : public torch::autograd::Function<closed_form> {
 public:
  using context = torch::autograd::AutogradContext;

  /// \param inputs the policy, and the reference where the loss depends on their difference alone
  static at::Tensor forward(context* saved, at::TensorList inputs, const known_loss& known) {
    saved->saved_data["inputs"] = static_cast<std::int64_t>(inputs.size());
    saved->save_for_backward({known.gradient});
    return known.loss;
  }

  static torch::autograd::variable_list backward(context* saved, torch::autograd::variable_list slopes) {
    require(
        !at::GradMode::is_enabled(), here,
        "the fused path has no second derivative, expected .path = path::generic where create_graph is set");
    const auto inputs = static_cast<std::size_t>(saved->saved_data["inputs"].toInt());
    const at::Tensor gradient = times(saved->get_saved_variables()[0], slopes[0]);
    torch::autograd::variable_list gradients(inputs + 1);  // one more, undefined, for `known`
    if (saved->needs_input_grad(0)) gradients[0] = gradient;
    if (inputs > 1 && saved->needs_input_grad(1)) gradients[1] = gradient.neg();
    return gradients;
  }

 private:
  /// The chain rule. `loss.backward()` asks for the gradient as it is: it is handed on, and copied only where the graph
  /// lives on to be asked again. Nobody waits for a device to look.
  static at::Tensor times(const at::Tensor& gradient, const at::Tensor& slope) {
    if (slope.dim() > 0) return gradient.dim() > 1 ? gradient * slope.unsqueeze(1) : gradient * slope;
    if (!slope.is_cpu() || slope.item().toDouble() != 1) return gradient * slope;
    return torch::autograd::get_current_graph_task_keep_graph() ? gradient.clone() : gradient;
  }
};

}  // namespace prefopt::libtorch::detail
