#pragma once

#include <string_view>
#include <type_traits>

#include <prefopt/batch.hpp>
#include <prefopt/cuda/row_inputs.hpp>
#include <prefopt/detail/check_batch.hpp>
#include <prefopt/detail/plan.hpp>
#include <prefopt/detail/term.hpp>

/// \file
/// The arguments of a call for a device: checked as far as that goes without reading the device's memory.

namespace prefopt::cuda {

/// What goes beside a batch; all tensors lie in the device's memory.
template <class Scalar>
struct options {
  prefopt::reduction reduction = prefopt::reduction::mean;  ///< all but `weighted_mean`
  bool accumulate = false;                                  ///< add to `gradient` instead of overwriting it
  tensor_ref<Scalar> losses{};  ///< [B] receives w_b ℓ_b, whatever the reduction
  Scalar* loss = nullptr;       ///< receives the loss, as `result::loss` is defined; null: nobody asks for it
  tensor_ref<const Scalar> decided{};  ///< [B, decisions], if the objective decides over the whole batch
};

namespace detail {

/// What the losses' sum is multiplied by: 1 / B, or 1 for a sum.
template <class Scalar>
double loss_scale(reduction how, index rows) {
  return prefopt::detail::reduction_scale<Scalar>(how == reduction::sum ? how : reduction::mean, rows, {});
}

/// A table of the step over the batch; without data where there is no such step.
template <class Scalar>
matrix_view<Scalar> step_table(const tensor_ref<Scalar>& table, index rows, index columns,
                               std::string_view name) {
  using namespace prefopt::detail;
  require(!table || columns > 0, here, name, " is given, but this objective decides nothing over the batch");
  require(table || columns == 0, here, name, " is absent, expected ", shape_text(rows, columns),
          ": this objective decides over the whole batch");
  if (!table) return {};
  require(table->rows == rows && table->columns == columns, here, name, " is ",
          shape_text(table->rows, table->columns), ", expected ", shape_text(rows, columns));
  return *table;
}

/// Checks the batch, and throws `invalid_argument`.
template <class Objective, class Scalar>
row_inputs<Scalar> plan_inputs(const Objective& objective, const batch<Scalar>& given,
                               const tensor_ref<Scalar>& gradient) {
  using namespace prefopt::detail;
  const batch<Scalar> batch = resolve(given);
  const batch_facts facts = examine(objective, batch, gradient);
  require(!batch.false_negatives, here, "false_negatives is given, but a device makes no diagnostics");

  row_inputs<Scalar> plan{facts, columns_of(batch, facts.rows)};
  const auto see = [&](const auto& tensor, auto& view, std::string_view name) {
    if (!tensor) return;
    require(tensor->column_stride >= INT32_MIN && tensor->column_stride <= INT32_MAX &&
                tensor->columns <= INT32_MAX,
            here, name, " has a column stride of ", tensor->column_stride, ", expected 32 bits on a device");
    view = *tensor;
  };
  see(batch.policy, plan.policy, name_of_policy(batch));
  if (facts.has_reference) see(batch.reference, plan.reference, "reference");
  see(batch.relevance, plan.relevance, "relevance");
  see(batch.lengths, plan.lengths, "lengths");
  see(batch.log_q, plan.log_q, "log_q");
  see(batch.order, plan.order, "order");
  see(gradient, plan.gradient, "gradient");
  return plan;
}

/// Checks shapes and settings, and throws `invalid_argument`.
template <class Objective, class Scalar>
row_inputs<Scalar> plan_rows(const Objective& objective, const batch<Scalar>& batch,
                             const tensor_ref<Scalar>& gradient, const options<Scalar>& options) {
  using namespace prefopt::detail;
  row_inputs<Scalar> plan = plan_inputs(objective, batch, gradient);
  require(options.reduction != reduction::weighted_mean, here,
          "reduction is weighted_mean, expected another: the weights' sum lies on the device");
  require(plan.components == 1 || plan.gradient.data == nullptr || plan.gradient.data != plan.policy.data,
          here, "gradient is the policy's own memory, expected another for candidates of several numbers");
  // Every term reads the policy; what is in registers it has read already.
  require(term_kind<Objective>::terms == 1 || plan.candidates <= longest_in_registers ||
              plan.gradient.data == nullptr || plan.gradient.data != plan.policy.data,
          here,
          "gradient is the policy's own memory, expected another for a sum of objectives over more than ",
          longest_in_registers, " candidates");
  plan.losses = optional_column(options.losses, plan.rows, "losses");
  plan.decided = step_table(options.decided, plan.rows, batch_step<Objective>::decisions, "options.decided");
  plan.scale = static_cast<Scalar>(reduction_scale<Scalar>(options.reduction, plan.rows, {}));
  plan.accumulate = options.accumulate;
  return plan;
}

}  // namespace detail
}  // namespace prefopt::cuda
