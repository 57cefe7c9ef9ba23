#pragma once

#include <limits>
#include <string_view>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <prefopt/detail/check_batch.hpp>
#include <prefopt/detail/evaluation.hpp>
#include <prefopt/detail/plan.hpp>
#include <prefopt/detail/term.hpp>
#include <prefopt/evaluate.hpp>
#include <prefopt/libtorch/batch.hpp>
#include <prefopt/libtorch/fused.hpp>
#include <prefopt/libtorch/options.hpp>
#include <prefopt/libtorch/row.hpp>
#include <prefopt/libtorch/tensor_batch.hpp>

/// \file
/// The generic path: the same objectives over whole tensors, one operator of LibTorch's at a time.

namespace prefopt::libtorch::detail {

/// What the engine's checks look at, on the host. Scores stay on their device: of those only the shape is checked here.
inline batch checked_part(const batch& tensors) {
  batch part;
  each_tensor_of_numbers(
      tensors, part, [&](std::string_view name, const at::Tensor& given, at::Tensor& checked) {
        if (!given.defined()) return;
        const bool by_lengths =
            tensors.lengths.defined() && (name == "policy" || name == "scores" || name == "lengths");
        const bool read = given.is_cpu() || by_lengths || given.dim() != 2 || given.size(1) < 2;
        checked =
            read ? given.detach().to(at::kCPU)
                 : at::zeros({}, given.options().device(at::kCPU).requires_grad(false)).expand(given.sizes());
      });
  each_tensor_of_integers(tensors, part, [](std::string_view, const at::Tensor& given, at::Tensor& checked) {
    if (given.defined()) checked = given.to(at::kCPU);
  });
  return part;
}

/// One loss by way of tensors.
template <class Scalar, class Objective>
class generic_evaluation {
 public:
  using T = batched<Scalar>;
  using step = prefopt::detail::batch_step<Objective>;
  using options_type = options<state_of<Objective>>;

  generic_evaluation(const Objective& objective, const batch& tensors, const options_type& options)
      : objective_(objective),
        options_(options),
        checked_(checked_part(tensors)),
        plan_(prefopt::detail::make_plan(objective, prefopt::detail::resolve(checked_.see()), {},
                                         prefopt::options<Scalar, state_of<Objective>>{
                                             .reduction = options.reduction, .state = options.state})),
        tensors_(tensors, plan_),
        counted_(at::ones_like(tensors_.broken())) {
    settle_broken(tensors);
    compared_ = at::logical_and(counted_, tensors_.has_rejected());
  }

  /// \param with_statistics false saves what they cost: on a device, waiting for it
  evaluated run(bool with_statistics) {
    decide();
    evaluated said;
    bool first_term = true;
    T losses(at::zeros_like(tensors_.broken(), at::TensorOptions(tensor_batch<Scalar>::type)));
    prefopt::detail::each_term(objective_, [&](const auto& term, index, index first_decision) {
      const bool alone = term.traits.candidates == losses::rejected::none;
      const at::Tensor& applies = alone ? counted_ : compared_;
      tensor_row_memory<Scalar> memory = tensors_.rows_where(applies);
      const tensor_row<Scalar> row(memory);
      const T* const decided = decided_.data() + first_decision;
      const T weight = constant(prefopt::detail::term_weight(term, row, decided));
      const T value = prefopt::detail::value_of(prefopt::detail::run_term(term, row, decided));
      losses = losses + select(batched_mask(applies), weight * value, T(0));
      if (first_term && with_statistics)
        said.statistics = statistics_of(row, prefopt::detail::mean_strength(term, row));
      first_term = false;
    });
    at::Tensor each = losses.tensor();
    if (tensors_.weights().defined()) each = each * tensors_.weights();
    if (with_statistics) {
      said.statistics.loss = each.detach().sum(at::kDouble).template item<double>() * plan_.loss_scale;
      said.statistics.skipped = plan_.rows - counted_.sum().template item<std::int64_t>();
    }
    said.loss = options_.reduction == reduction::none ? each : each.sum() * plan_.scale;
    return said;
  }

 private:
  void settle_broken(const batch& tensors) {
    if (options_.non_finite == non_finite::propagate) return;
    if (options_.non_finite == non_finite::skip) {
      counted_ = at::logical_not(tensors_.broken());
    } else if (tensors_.broken().any().template item<bool>()) {
      raise(tensors);
    }
  }
  /// The engine finds the score, and the words.
  [[noreturn]] void raise(const batch& tensors) const {
    batch host;
    const auto copy = [](std::string_view, const at::Tensor& given, at::Tensor& member) {
      if (given.defined()) member = given.detach().to(at::kCPU);
    };
    each_tensor_of_numbers(tensors, host, copy);
    each_tensor_of_integers(tensors, host, copy);
    state_of<Objective> unused{};
    prefopt::detail::evaluation<native_pack<Scalar>, Objective>(objective_, engine_batch<Scalar>(host).see(),
                                                                {}, {.state = &unused})
        .run();
    fail(here, "a score is not finite");
  }

  /// The step over the whole batch, in plain double code on the host.
  void decide() {
    if constexpr (step::observations > 0) {
      const at::NoGradGuard constants;
      std::vector<double> seen(static_cast<std::size_t>(plan_.rows * step::observations));
      std::vector<double> said(static_cast<std::size_t>(plan_.rows * step::decisions));
      each_batch_part([&](const auto& term, const auto& part, index observation, index) {
        tensor_row_memory<Scalar> memory = tensors_.rows_where(counted_);
        const tensor_row<Scalar> row(memory);
        prefopt::detail::prepare_observation(term, row);
        for (const T& value : part.observe(row).values) record(value, seen, observation++);
      });
      each_batch_part([&](const auto&, const auto& part, index observation, index decision) {
        using part_type = std::remove_cvref_t<decltype(part)>;
        const matrix_view<const double> read{seen.data() + observation, plan_.rows,
                                             prefopt::detail::observation_count<part_type>(),
                                             step::observations, 1};
        const matrix_view<double> written{said.data() + decision, plan_.rows,
                                          prefopt::detail::decision_count<part_type>(), step::decisions, 1};
        if constexpr (requires { typename part_type::state_type; })
          part.decide(read, written, *options_.state);
        else
          part.decide(read, written);
      });
      const at::Tensor table = at::tensor(said, at::kDouble)
                                   .view({plan_.rows, step::decisions})
                                   .to(counted_.device(), tensor_batch<Scalar>::type);
      for (index i = 0; i < step::decisions; ++i) decided_.push_back(T(table.select(1, i)));
    }
  }
  template <class Visit>
  void each_batch_part(const Visit& visit) const {
    prefopt::detail::each_term(
        objective_, [&](const auto& term, index first_observation, index first_decision) {
          prefopt::detail::each_batch_part(term, first_observation, first_decision,
                                           [&](const auto& part, index observation, index decision) {
                                             visit(term, part, observation, decision);
                                           });
        });
  }
  void record(const T& value, std::vector<double>& seen, index observation) const {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const at::Tensor numbers = at::where(counted_, value.tensor().to(at::kDouble),
                                         at::scalar_tensor(nan, counted_.options().dtype(at::kDouble)));
    const at::Tensor host = numbers.to(at::kCPU).contiguous();
    for (index b = 0; b < plan_.rows; ++b)
      seen[static_cast<std::size_t>(b * step::observations + observation)] =
          host.template data_ptr<double>()[b];
  }

  /// As the engine has them, in one transfer: means over the examples compared.
  template <class Row>
  prefopt::result statistics_of(const Row& row, const T& beta) const {
    const at::NoGradGuard constants;
    const auto r = row.rewards();
    const auto rejected = row.every_rejected();
    const T preferred = row.preferred(r), hardest = row.max(r, rejected);
    const auto total = [&](const T& value) {
      return select(batched_mask(compared_), value, T(0)).tensor().sum(at::kDouble);
    };
    const at::Tensor sums = at::stack({total(preferred), total(row.mean(r, rejected)),
                                       total(select(preferred > hardest, T(1), T(0))),
                                       total(preferred - hardest), total(beta), total(T(1))})
                                .to(at::kCPU);
    const double* const sum = sums.template data_ptr<double>();
    const double examples = sum[5] > 0 ? sum[5] : 1;
    return {.chosen_reward = sum[0] / examples,
            .rejected_reward = sum[1] / examples,
            .accuracy = sum[2] / examples,
            .margin = (sum[0] - sum[1]) / examples,
            .hardest_margin = sum[3] / examples,
            .mean_beta = sum[4] / examples,
            .examples = static_cast<index>(sum[5])};
  }

  const Objective& objective_;
  const options_type& options_;
  const engine_batch<Scalar> checked_;
  const prefopt::detail::plan<Scalar> plan_;
  const tensor_batch<Scalar> tensors_;
  at::Tensor counted_, compared_;  ///< [B] examples that are not skipped, and those with a rejected item
  std::vector<T> decided_;
};

}  // namespace prefopt::libtorch::detail
