#pragma once

#include <string_view>
#include <type_traits>
#include <vector>

#include <prefopt/batch.hpp>
#include <prefopt/detail/batch_facts.hpp>
#include <prefopt/detail/check_batch.hpp>
#include <prefopt/detail/term.hpp>

namespace prefopt::detail {

/// The arguments of a call, checked and resolved: all that the engine asks about them.
template <class Scalar>
struct plan : batch_facts, example_columns<Scalar> {
  index first_row = 0;   ///< of this batch in the whole that several calls share
  index whole_rows = 0;  ///< of that whole
  bool ordered = false;  ///< candidates are read best first, in the batch's order
  double scale = 1;      ///< what the gradient of w_b ℓ_b is multiplied by
  double loss_scale = 1;
  matrix_view<Scalar> losses{};
};

template <class Objective>
index component_count(const Objective& objective) {
  index components = 1;
  each_term(objective, [&](const auto& term, index, index) {
    if constexpr (requires { term.reward.components; }) components = term.reward.components;
  });
  require(components >= 1, here, "components is ", components, ", expected at least 1");
  return components;
}

/// 1 / B, 1 / Σ w or 1, as the reduction says.
template <class Scalar>
double reduction_scale(reduction how, index rows, const matrix_view<const Scalar>& weights) {
  if (rows == 0 || how == reduction::sum || how == reduction::none) return 1;
  if (how == reduction::mean || weights.data == nullptr) return 1 / static_cast<double>(rows);
  double total = 0;
  for (index b = 0; b < rows; ++b) total += static_cast<double>(weights(b, 0));
  require(total > 0, here, "weights sum to 0, expected a positive sum for a weighted mean");
  return 1 / total;
}

/// Checks an objective's settings, and the batch's shapes and inputs against what its terms ask for; looks at no values.
/// \param batch resolved
template <class Objective, class Scalar>
batch_facts examine(const Objective& objective, const batch<Scalar>& batch,
                    const tensor_ref<Scalar>& gradient) {
  objective.check();
  require(bool(batch.policy), here, "policy is absent, expected [B, 1 + K] scores");
  if (batch.scores) check_scores(batch, Objective::needs_log_probabilities);
  batch_facts facts{.rows = batch.policy->rows, .components = component_count(objective)};
  const std::string_view policy = name_of_policy(batch);
  const index rows = facts.rows, columns = batch.policy->columns;
  require(columns % facts.components == 0, here, policy, " has ", columns,
          " columns, expected a multiple of the objective's ", facts.components, " components");
  facts.candidates = columns / facts.components;

  inputs reads = inputs::nothing, needs = inputs::nothing;
  bool with_reference = false;
  each_term(objective, [&](const auto& term, index, index) {
    check_candidates(term.traits, rows, facts.candidates, policy);
    reads = reads | term.reads | (term.traits.ordered ? inputs::order : inputs::nothing);
    needs = needs | term.needs;
    facts.graded = facts.graded || (term.traits.graded && batch.relevance);
    with_reference = with_reference || !reference_free<std::remove_cvref_t<decltype(term.reward)>>;
  });
  check_inputs(batch, reads, needs);
  facts.has_reference = batch.reference && with_reference;

  check_same_shape(gradient, rows, columns, "gradient", policy);
  check_same_shape(batch.reference, rows, facts.candidates, "reference", policy);
  check_same_shape(batch.order, rows, facts.candidates, "order", policy);
  check_same_shape(batch.relevance, rows, facts.candidates, "relevance", policy);
  check_same_shape(batch.lengths, rows, facts.candidates, "lengths", policy);
  check_same_shape(batch.log_q, rows, facts.candidates, "log_q", policy);
  check_same_shape(batch.false_negatives, rows, facts.candidates, "false_negatives", policy);
  return facts;
}

template <class Scalar>
example_columns<computed_t<Scalar>> columns_of(const batch<Scalar>& batch, index rows) {
  return {.counts = optional_column(batch.counts, rows, "counts"),
          .kl = optional_column(batch.kl, rows, "kl"),
          .beta = optional_column(batch.beta, rows, "beta"),
          .weights = optional_column(batch.weights, rows, "weights"),
          .hardness = optional_column(batch.hardness, rows, "hardness"),
          .log_collision = optional_column(batch.log_collision, rows, "log_collision")};
}

/// Checks everything that can be checked before the scores are read, and throws `invalid_argument`.
template <class Objective, class Scalar, class State>
plan<computed_t<Scalar>> make_plan(const Objective& objective, const batch<Scalar>& batch,
                                   const tensor_ref<Scalar>& gradient,
                                   const options<computed_t<Scalar>, State>& options) {
  const batch_facts facts = examine(objective, batch, gradient);
  const index rows = facts.rows;
  check_marks(batch.false_negatives, options.diagnostics);
  plan<computed_t<Scalar>> plan{facts, columns_of(batch, rows)};
  plan.ordered = bool(batch.order);
  plan.losses = optional_column(options.losses, rows, "losses");

  check_counts(plan.counts, plan.candidates - 1);
  check_positive(plan.beta, false, "beta");
  check_positive(plan.weights, true, "weights");
  check_lengths(batch, plan.counts, plan.components);
  check_finite(plan.hardness, "hardness");
  check_finite(plan.log_collision, "log_collision");
  check_order(batch.order);
  if constexpr (!std::is_same_v<State, no_state>)
    require(options.state != nullptr, here,
            "options.state is absent, but this objective keeps statistics between batches");

  const batch_share& share = options.share;
  plan.first_row = share.rows > 0 ? share.first_row : 0;
  plan.whole_rows = share.rows > 0 ? share.rows : rows;
  check_share(share, rows);

  plan.scale = reduction_scale(options.reduction, rows, plan.weights);
  plan.loss_scale = options.reduction == reduction::none
                        ? reduction_scale(reduction::mean, rows, plan.weights)
                        : plan.scale;
  return plan;
}

}  // namespace prefopt::detail
