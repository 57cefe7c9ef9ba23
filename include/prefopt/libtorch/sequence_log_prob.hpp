#pragma once

#include <algorithm>
#include <cstdint>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <prefopt/libtorch/fused.hpp>
#include <prefopt/libtorch/view.hpp>

namespace prefopt::libtorch {

namespace detail {

/// What goes with the logits, none of it differentiable.
struct sequence_labels {
  at::Tensor labels;          ///< [B, T], 0 where masked
  at::Tensor counts;          ///< [B, T] bool
  std::int64_t chunk_scores;  ///< logits taken at a time, about
};

class sequence_log_prob_function : public torch::autograd::Function<sequence_log_prob_function> {
 public:
  using context = torch::autograd::AutogradContext;

  static at::Tensor forward(context* saved, const at::Tensor& logits, const sequence_labels& sequence) {
    const at::Tensor computed_in =
        is_reduced_precision(logits) ? at::empty({0}, logits.options().dtype(at::kFloat)) : logits;
    at::Tensor normaliser = at::empty(sequence.labels.sizes(), computed_in.options());
    at::Tensor chosen = at::empty_like(normaliser);
    each_chunk(logits, sequence.chunk_scores, [&](const auto& part) {
      const at::Tensor scores = part(logits).to(normaliser.scalar_type());
      part(normaliser).copy_(at::logsumexp(scores, -1));
      part(chosen).copy_(scores.gather(-1, part(sequence.labels).unsqueeze(-1)).squeeze(-1));
    });
    saved->save_for_backward({logits, sequence.labels, sequence.counts, normaliser});
    saved->saved_data["chunk_scores"] = sequence.chunk_scores;
    return at::where(sequence.counts, chosen - normaliser, at::zeros({}, normaliser.options())).sum(1);
  }

  /// d / d logits = (one at the label − softmax) · slope, where the mask lets it.
  static torch::autograd::variable_list backward(context* saved, torch::autograd::variable_list slopes) {
    require(!at::GradMode::is_enabled(), "sequence_log_prob",
            "there is no second derivative, expected create_graph = false");
    const auto tensors = saved->get_saved_variables();
    const at::Tensor &logits = tensors[0], &labels = tensors[1], &counts = tensors[2],
                     &normaliser = tensors[3];
    const at::Tensor weights = slopes[0].unsqueeze(1) * counts.to(normaliser.scalar_type());
    at::Tensor gradient = at::empty(logits.sizes(), logits.options().requires_grad(false));
    each_chunk(logits, saved->saved_data["chunk_scores"].toInt(), [&](const auto& part) {
      const at::Tensor scores = part(logits).to(normaliser.scalar_type()),
                       weight = part(weights).unsqueeze(-1);
      at::Tensor slope = (scores - part(normaliser).unsqueeze(-1)).exp_().mul_(-weight);
      slope.scatter_add_(-1, part(labels).unsqueeze(-1), weight);
      slope.masked_fill_(part(counts).logical_not().unsqueeze(-1), 0);  // whatever the logits are there
      part(gradient).copy_(slope);
    });
    return {gradient, at::Tensor()};
  }

 private:
  /// Calls `visit(part)` for some places of the sequences at a time; `part(tensor)` is a window on those of a tensor
  /// [B, T, ...].
  template <class Visit>
  static void each_chunk(const at::Tensor& logits, std::int64_t chunk_scores, const Visit& visit) {
    const std::int64_t rows = logits.size(0), length = logits.size(1);
    const std::int64_t places =
        std::max<std::int64_t>(1, chunk_scores / std::max<std::int64_t>(1, logits.size(2)));
    const std::int64_t whole = std::max<std::int64_t>(1, places / std::max<std::int64_t>(1, length));
    const std::int64_t steps = std::min(places, length);
    for (std::int64_t b = 0; b < rows; b += whole)
      for (std::int64_t t = 0; t < length; t += steps)
        visit([=](const at::Tensor& tensor) {
          return tensor.slice(0, b, std::min(b + whole, rows)).slice(1, t, std::min(t + steps, length));
        });
  }
};

}  // namespace detail

/// How likely a language model finds a text: the policy's log-probability of an item that is a sequence of tokens.
///
///     auto policy = prefopt::libtorch::sequence_log_prob(logits, tokens, is_answer).view({batch, 1 + rejected});
///
/// \param logits [B, T, V], what the model says before the token at t; float, double, half or bfloat16
/// \param labels [B, T] the tokens, int64
/// \param mask   [B, T] which of them count, true or not 0; undefined: all. Labels and logits elsewhere may be anything.
/// \param chunk_scores how many logits are looked at together, about: what the call needs beside its result. Their
///        log-softmax is never in memory at once.
/// \return [B] Σ_t log softmax(logits_t)[label_t] over the places that count; of half and bfloat16 computed in float
///
/// Differentiable by the logits once. Throws `invalid_argument` for shapes that do not fit and labels outside [0, V).
inline at::Tensor sequence_log_prob(const at::Tensor& logits, const at::Tensor& labels,
                                    const at::Tensor& mask = {},
                                    std::int64_t chunk_scores = std::int64_t{1} << 20) {
  constexpr auto where = "sequence_log_prob";
  using detail::sizes_text;
  detail::require(logits.defined() && labels.defined(), where, logits.defined() ? "labels" : "logits",
                  " is undefined, expected a tensor");
  if (logits.dim() != 3) detail::fail(where, "logits is ", sizes_text(logits), ", expected [B, T, V]");
  if (!at::isFloatingType(logits.scalar_type()))
    detail::fail(where, "logits is of type ", c10::toString(logits.scalar_type()),
                 ", expected Float, Double, Half or BFloat16");
  const auto check_places = [&](const at::Tensor& tensor, const char* name) {
    if (tensor.sizes() != logits.sizes().slice(0, 2))
      detail::fail(where, name, " is ", sizes_text(tensor), ", expected ",
                   prefopt::detail::shape_text(logits.size(0), logits.size(1)), " (that of logits)");
  };
  check_places(labels, "labels");
  if (labels.scalar_type() != at::kLong)
    detail::fail(where, "labels is of type ", c10::toString(labels.scalar_type()), ", expected Long");
  if (mask.defined()) check_places(mask, "mask");
  detail::require(chunk_scores >= 1, where, "chunk_scores is ", chunk_scores, ", expected at least 1");

  const at::Tensor counts = mask.defined() ? mask.detach().to(at::kBool)
                                           : at::ones(labels.sizes(), labels.options().dtype(at::kBool));
  const at::Tensor tokens = mask.defined() ? labels.masked_fill(counts.logical_not(), 0) : labels;
  if (tokens.numel() > 0) {
    const auto lowest = tokens.min().item<std::int64_t>(), highest = tokens.max().item<std::int64_t>();
    const auto wrong = lowest < 0 ? lowest : highest;
    detail::require(lowest >= 0 && highest < logits.size(2), where, "labels has ", wrong,
                    ", expected values in [0, ", logits.size(2), ")");
  }
  return detail::sequence_log_prob_function::apply(logits,
                                                   detail::sequence_labels{tokens, counts, chunk_scores});
}

}  // namespace prefopt::libtorch
