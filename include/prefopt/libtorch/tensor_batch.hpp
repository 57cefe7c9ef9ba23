#pragma once

#include <string_view>

#include <ATen/ATen.h>

#include <prefopt/detail/grades.hpp>
#include <prefopt/detail/plan.hpp>
#include <prefopt/libtorch/batch.hpp>
#include <prefopt/libtorch/row.hpp>

/// \file
/// How a batch of tensors becomes the memory of a row over tensors.

namespace prefopt::libtorch::detail {

/// The batch's tensors as a row's, [N, B] and [B], in the objective's order and with its masks. Differentiable.
template <class Scalar>
class tensor_batch {
 public:
  static constexpr at::ScalarType type = c10::CppTypeToScalarType<Scalar>::value;

  tensor_batch(const batch& tensors, const prefopt::detail::plan<Scalar>& plan) : plan_(plan) {
    if (plan.ordered) order_ = tensors.order.to(at::kLong);
    row_.candidates = plan.candidates;
    row_.examples = plan.rows;
    const std::int64_t sizes[] = {plan.rows, plan.candidates, plan.components};
    const at::Tensor policy = policy_of(tensors).to(type).reshape(sizes);
    for (index component = 0; component < plan.components; ++component)
      row_.policy.push_back(column(policy.select(2, component)));
    if (plan.has_reference) row_.reference = column(tensors.reference);
    row_.relevance = column(tensors.relevance);
    row_.lengths = column(tensors.lengths);
    row_.log_q = column(tensors.log_q);
    row_.kl = one_each(tensors.kl);
    row_.beta = one_each(tensors.beta);
    row_.hardness = one_each(tensors.hardness);
    row_.log_collision = one_each(tensors.log_collision);
    weights_ = one_each(tensors.weights);
    find_masked(tensors);
    fill_masked();
    find_broken();
  }

  /// A copy, for one term: the examples to which it does not apply are cut off from the gradient.
  tensor_row_memory<Scalar> rows_where(const at::Tensor& applies) const {
    tensor_row_memory<Scalar> rows = row_;
    const auto cut = [&](at::Tensor& values) {
      if (values.defined() && values.requires_grad()) values = at::where(applies, values, values.detach());
    };
    for (at::Tensor& component : rows.policy) cut(component);
    cut(rows.reference);
    return rows;
  }

  const at::Tensor& weights() const { return weights_; }  ///< [B], undefined if there are none
  const at::Tensor& broken() const { return broken_; }    ///< [B] examples with a score that is not finite
  at::Tensor has_rejected() const {
    return at::logical_and(row_.valid, at::logical_not(row_.preferred)).any(0);
  }

 private:
  /// [B, N] → [N, B], best first where there is an order.
  at::Tensor column(const at::Tensor& values) const {
    if (!values.defined()) return {};
    const at::Tensor typed = values.to(type);
    return (plan_.ordered ? typed.gather(1, order_) : typed).t();
  }
  static at::Tensor one_each(const at::Tensor& values) {
    return values.defined() ? values.to(type).reshape(-1) : at::Tensor();
  }
  /// [N, B]: the columns of the batch in which the candidates stand.
  at::Tensor places() const {
    if (plan_.ordered) return order_.t();
    const at::TensorOptions options = at::TensorOptions(at::kLong).device(row_.policy[0].device());
    return at::arange(plan_.candidates, options).unsqueeze(1).expand({plan_.candidates, plan_.rows});
  }

  void find_masked(const batch& tensors) {
    at::Tensor masked = row_.policy[0] == -std::numeric_limits<double>::infinity();
    if (tensors.counts.defined()) masked = at::logical_or(masked, places() > tensors.counts.reshape(-1));
    if (plan_.graded) {
      row_.valid = at::logical_not(at::logical_or(masked, row_.relevance == prefopt::detail::masked_grade));
      const at::Tensor grades = row_.relevance.masked_fill(at::logical_not(row_.valid), lowest());
      const at::Tensor best = at::logical_and(row_.valid, grades == grades.amax(0));
      row_.preferred = at::logical_and(best, best.cumsum(0) == 1);  // the first of them
    } else {
      row_.preferred = places() == 0;
      row_.valid = at::logical_or(row_.preferred, at::logical_not(masked));
    }
  }
  /// What is masked is made like the preferred item: wherever that is finite it is, too, and so are the derivatives.
  void fill_masked() {
    const auto fill = [&](at::Tensor& values) {
      if (!values.defined()) return;
      const at::Tensor like =
          at::where(row_.preferred, values.detach(), at::scalar_tensor(0, values.options()));
      values = at::where(row_.valid, values, like.sum(0));
    };
    for (at::Tensor& component : row_.policy) fill(component);
    for (at::Tensor* values : {&row_.reference, &row_.relevance, &row_.lengths, &row_.log_q}) fill(*values);
  }
  void find_broken() {
    const auto look = [&](const at::Tensor& values) {
      if (!values.defined()) return;
      at::Tensor found = at::logical_not(at::isfinite(values.detach()));
      if (found.dim() > 1) found = found.any(0);
      broken_ = broken_.defined() ? at::logical_or(broken_, found) : found;
    };
    for (const at::Tensor& component : row_.policy) look(component);
    const at::Tensor more[] = {row_.reference, row_.relevance, row_.lengths, row_.log_q, row_.kl};
    for (const at::Tensor& values : more) look(values);
  }
  static double lowest() { return -std::numeric_limits<double>::infinity(); }

  const prefopt::detail::plan<Scalar>& plan_;
  at::Tensor order_, weights_, broken_;
  tensor_row_memory<Scalar> row_;
};

}  // namespace prefopt::libtorch::detail
