#pragma once

#include <cstdint>
#include <string_view>

#include <prefopt/detail/check_batch.hpp>
#include <prefopt/full_softmax_batch.hpp>

/// \file
/// What `full_softmax` refuses, and what is left of its arguments after that.

namespace prefopt::detail {

/// The arguments of a call, checked and resolved.
template <class Scalar>
struct full_softmax_plan {
  index examples = 0;  ///< B
  index items = 0;     ///< V
  index width = 0;     ///< d
  matrix_view<const Scalar> queries, catalogue;
  matrix_view<const std::int32_t> targets;
  matrix_view<const Scalar> weights{};  ///< these are without data if they are absent
  matrix_view<Scalar> losses{}, query_gradient{}, item_gradient{};
  double inverse_temperature = 1;
  double loss_scale = 1;
  double gradient_scale = 1;
  bool accumulate = false;
  prefopt::non_finite non_finite = prefopt::non_finite::raise;

  double weight(index b) const { return weights.data != nullptr ? static_cast<double>(weights(b, 0)) : 1; }
};

inline constexpr std::string_view in_full_softmax = "full_softmax";

/// A gradient has the shape of what it is the gradient of; without data if it is absent.
template <class Scalar>
matrix_view<Scalar> optional_gradient(const tensor_ref<Scalar>& gradient, index rows, index columns,
                                      std::string_view of) {
  if (!gradient) return {};
  const bool same = gradient->rows == rows && gradient->columns == columns;
  require(same, in_full_softmax, "the gradient of ", of, " is ",
          shape_text(gradient->rows, gradient->columns), ", expected ", shape_text(rows, columns),
          " (the shape of ", of, ")");
  return *gradient;
}

inline void check_targets(const matrix_view<const std::int32_t>& targets, index items) {
  for (index b = 0; b < targets.rows; ++b)
    require(targets(b, 0) >= 0 && targets(b, 0) < items, in_full_softmax, "targets[", b, "] is ",
            targets(b, 0), ", expected an item in [0, ", items, ")");
}

/// Checks the weights and returns their sum.
template <class Scalar>
double checked_sum(const matrix_view<const Scalar>& weights) {
  double total = 0;
  for (index b = 0; b < weights.rows; ++b) {
    const double weight = static_cast<double>(weights(b, 0));
    require(is_finite(weight) && weight >= 0, in_full_softmax, "weights[", b, "] is ", weight,
            ", expected a finite value of at least 0");
    total += weight;
  }
  return total;
}

/// What Σ w_b ℓ_b is multiplied by.
inline double full_softmax_scale(reduction how, index examples, bool weighted, double weight_sum) {
  if (examples == 0 || how == reduction::sum) return 1;
  if (how != reduction::weighted_mean || !weighted) return 1 / static_cast<double>(examples);
  require(weight_sum > 0, in_full_softmax, "weights sum to 0, expected a positive sum for a weighted mean");
  return 1 / weight_sum;
}

/// Throws for the first component of a vector that is not finite; `first` is the row's number in its tensor.
template <class Scalar>
void check_finite(const matrix_view<const Scalar>& rows, index first, std::string_view name) {
  for (index i = 0; i < rows.rows; ++i)
    for (index k = 0; k < rows.columns; ++k)
      require(is_finite(rows(i, k)), in_full_softmax, name, "[", first + i, ", ", k, "] is ",
              static_cast<double>(rows(i, k)), ", expected a finite value");
}

/// Checks everything that can be checked before the catalogue is read, and throws `invalid_argument`.
template <class Scalar>
full_softmax_plan<Scalar> make_full_softmax_plan(const full_softmax_batch<Scalar>& batch,
                                                 const full_softmax_gradient<Scalar>& gradient,
                                                 const full_softmax_options<Scalar>& options) {
  constexpr std::string_view here = in_full_softmax;
  require(bool(batch.queries), here, "queries is absent, expected [B, d] vectors");
  require(bool(batch.catalogue), here, "catalogue is absent, expected [V, d] vectors");
  require(bool(batch.targets), here, "targets is absent, expected [B] items");
  const index examples = batch.queries->rows, width = batch.queries->columns, items = batch.catalogue->rows;
  require(width >= 1, here, "queries is ", shape_text(examples, width), ", expected at least one column");
  require(batch.catalogue->columns == width, here, "catalogue is ",
          shape_text(items, batch.catalogue->columns), ", expected [V, ", width,
          "] (the columns of queries)");

  full_softmax_plan<Scalar> plan;
  plan.examples = examples;
  plan.items = items;
  plan.width = width;
  plan.queries = *batch.queries;
  plan.catalogue = *batch.catalogue;
  plan.targets = as_column(*batch.targets, examples, here, "targets");
  if (batch.weights) plan.weights = as_column(*batch.weights, examples, here, "weights");
  if (options.losses) plan.losses = as_column(*options.losses, examples, here, "losses");
  plan.query_gradient = optional_gradient(gradient.queries, examples, width, "queries");
  plan.item_gradient = optional_gradient(gradient.catalogue, items, width, "catalogue");
  check_targets(plan.targets, items);

  const double temperature = options.temperature;
  require(is_finite(temperature) && temperature > 0, here, "temperature is ", temperature,
          ", expected a finite value above 0");
  require(is_finite(options.gradient_scale), here, "gradient_scale is ", options.gradient_scale,
          ", expected a finite value");
  plan.inverse_temperature = 1 / temperature;
  plan.loss_scale =
      full_softmax_scale(options.reduction, examples, bool(batch.weights), checked_sum(plan.weights));
  plan.gradient_scale = options.gradient_scale * (options.reduction == reduction::none ? 1 : plan.loss_scale);
  plan.accumulate = options.accumulate;
  plan.non_finite = options.non_finite;
  if (plan.non_finite == non_finite::raise) check_finite(plan.queries, 0, "queries");
  return plan;
}

}  // namespace prefopt::detail
