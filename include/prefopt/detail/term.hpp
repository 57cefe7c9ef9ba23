#pragma once

#include <prefopt/batch.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/objective.hpp>

/// \file
/// How one term of an objective runs on one row, whatever the row is made of.

namespace prefopt::detail {

/// How many numbers a part observes per example, and decides.
PREFOPT_UNCHECKED
template <class Part>
PREFOPT_HOST_DEVICE constexpr index observation_count() {
  if constexpr (requires(const Part& part, archetype_row row) { part.observe(row); }) {
    using values = decltype(std::declval<const Part&>().observe(std::declval<archetype_row>()).values);
    return static_cast<index>(std::extent_v<values>);
  } else {
    return 0;
  }
}
PREFOPT_UNCHECKED
template <class Part>
PREFOPT_HOST_DEVICE constexpr index decision_count() {
  if constexpr (requires { Part::decisions; })
    return Part::decisions;
  else
    return 0;
}

/// Calls `visit(part, first observation, first decision)` for the parts of a term that have a step over the
/// batch.
PREFOPT_UNCHECKED
template <class Term, class Visit>
PREFOPT_HOST_DEVICE void each_batch_part(const Term& term, index observation, index decision,
                                         const Visit& visit) {
  using strength = decltype(term.strength);
  using loss = decltype(term.loss);
  if constexpr (observation_count<strength>() > 0) visit(term.strength, observation, decision);
  if constexpr (observation_count<loss>() > 0)
    visit(term.loss, observation + observation_count<strength>(), decision + decision_count<strength>());
}

/// Prepares the row for the parts that observe it: a loss sees its rewards before the strength, which may be yet to be
/// decided.
PREFOPT_UNCHECKED
template <class Term, class Row>
PREFOPT_HOST_DEVICE void prepare_observation(const Term& term, const Row& row) {
  row.begin_term();
  if constexpr (observation_count<std::remove_cvref_t<decltype(term.loss)>>() > 0) {
    row.set_strength(row.number(1));
    row.set_rewards(term.reward.value(row));
  }
}

/// Lets selection and strength prepare the row, then runs the loss: its value, or `with_gradient`.
/// \param decided what the strength decided for this row, followed by what the loss did
/// \param scaled_reward β → the column β · reward
PREFOPT_UNCHECKED
template <class Term, class Row, class Decided, class ScaledReward>
PREFOPT_HOST_DEVICE auto run_term(const Term& term, const Row& row, const Decided& decided,
                                  const ScaledReward& scaled_reward) {
  row.begin_term();
  row.use_decisions(decided);
  if constexpr (!std::same_as<std::remove_cvref_t<decltype(term.selection)>, selections::all>)
    row.select_rejected(term.selection(row));
  if constexpr (per_pair_strength<std::remove_cvref_t<decltype(term.strength)>>) {
    row.set_strengths(constant(term.strength(row)));
    const auto reward = scaled_reward(row.number(1));
    row.set_rewards(
        select(row.is_preferred(), row.number(0), row.strengths() * (reward - row.preferred(reward))));
  } else {
    row.set_strength(constant(term.strength(row)));
    row.set_rewards(scaled_reward(row.strength()));
  }
  row.use_decisions(decided + decision_count<std::remove_cvref_t<decltype(term.strength)>>());
  return term.loss(row);
}
PREFOPT_UNCHECKED
template <class Term, class Row, class Decided>
PREFOPT_HOST_DEVICE auto run_term(const Term& term, const Row& row, const Decided& decided) {
  return run_term(term, row, decided, [&](const auto& beta) { return beta * term.reward.value(row); });
}

/// β, or its mean over the pairs that have their own.
PREFOPT_UNCHECKED
template <class Term, class Row>
PREFOPT_HOST_DEVICE auto mean_strength(const Term& term, const Row& row) {
  if constexpr (per_pair_strength<std::remove_cvref_t<decltype(term.strength)>>)
    return row.mean(row.strengths(), row.rejected());
  else
    return row.strength();
}

/// The row's weight, if the strength gives it one (a filter over the batch).
PREFOPT_UNCHECKED
template <class Term, class Row, class Decided>
PREFOPT_HOST_DEVICE auto term_weight(const Term& term, const Row& row, const Decided& decided) {
  if constexpr (requires { term.strength.weight(row); }) {
    row.begin_term();  // the weight sees every unmasked candidate, whatever the term before selected
    row.use_decisions(decided);
    return row.number(term.weight) * term.strength.weight(row);
  } else {
    return row.number(term.weight);
  }
}

/// From d loss / d rewards to scale · d loss / d policy: through the strength, then through the reward.
PREFOPT_UNCHECKED
template <class Term, class Row, class Column, class Number>
PREFOPT_HOST_DEVICE auto policy_gradient(const Term& term, const Row& row, const Column& gradient,
                                         const Number& scale, index component) {
  const auto through_reward = [&](const auto& g) {
    if constexpr (requires { term.reward.chain(row, g, component); })
      return term.reward.chain(row, g, component);
    else
      return term.reward.chain(row, g);
  };
  if constexpr (per_pair_strength<std::remove_cvref_t<decltype(term.strength)>>) {
    const auto scaled = row.keep(row.strengths() * gradient * scale);
    return through_reward(select(row.is_preferred(), -row.sum(scaled, row.rejected()), scaled));
  } else {
    return through_reward(row.strength() * scale * gradient);
  }
}

/// Whether everything on the way from the loss to the policy has a closed form.
template <class Term, class Row>
constexpr bool has_closed_form() {
  using run = decltype(run_term(std::declval<const Term&>(), std::declval<const Row&>(),
                                std::declval<const typename Row::number_type*>()));
  if constexpr (!is_with_gradient<run>) {
    return false;
  } else {
    using gradient = decltype(std::declval<run>().gradient());
    return requires(const Term& term, const Row& row, const gradient& g) { term.reward.chain(row, g); } ||
           requires(const Term& term, const Row& row, const gradient& g) {
             term.reward.chain(row, g, index{});
           };
  }
}

template <class Objective, class Row>
inline constexpr bool closed_forms = has_closed_form<Objective, Row>();
template <class First, class Second, class Row>
inline constexpr bool closed_forms<sum<First, Second>, Row> =
    closed_forms<First, Row> && closed_forms<Second, Row>;

/// Rewards that can be formed in memory's own order.
template <class Reward>
concept elementwise_reward = requires { requires bool(Reward::elementwise); };

template <class Part>
concept maps_and_reductions_part = requires { requires bool(Part::maps_and_reductions); };

/// What the terms of an objective allow: tiles that form their rewards in memory's order, and rows across the lanes.
template <class Objective>
struct term_kind;
template <class Loss, class Reward, class Strength, class Selection>
struct term_kind<objective<Loss, Reward, Strength, Selection>> {
  static constexpr bool selects = !std::same_as<Selection, selections::all>;
  static constexpr bool ordered = Loss::traits.ordered;
  static constexpr bool graded = Loss::traits.graded;
  static constexpr bool dense = elementwise_reward<Reward>;
  static constexpr bool maps_and_reductions =
      dense && !ordered && !graded && Loss::traits.maps_and_reductions &&
      maps_and_reductions_part<Strength> && maps_and_reductions_part<Selection>;
  static constexpr int terms = 1;
};
template <class First, class Second>
struct term_kind<sum<First, Second>> {
  using first = term_kind<First>;
  using second = term_kind<Second>;
  static constexpr bool selects = first::selects || second::selects;
  static constexpr bool ordered = first::ordered || second::ordered;
  static constexpr bool graded = first::graded || second::graded;
  static constexpr bool dense = first::dense && second::dense;
  static constexpr bool maps_and_reductions =
      !graded && first::maps_and_reductions && second::maps_and_reductions;
  static constexpr int terms = first::terms + second::terms;
};

/// The value of what a loss returned.
PREFOPT_UNCHECKED
template <class Run>
PREFOPT_HOST_DEVICE auto value_of(const Run& run) {
  if constexpr (is_with_gradient<Run>)
    return run.value;
  else
    return run;
}

/// How many numbers an objective's batch step observes and decides for each example, and the state it keeps.
template <class Objective>
struct batch_step {
  using state = no_state;  // what is not an objective; `evaluate` refuses it by name
};
template <class Part>
struct part_state {
  using type = no_state;
};
template <class Part>
  requires requires { typename Part::state_type; }
struct part_state<Part> {
  using type = typename Part::state_type;
};
/// The one of two states that is one.
template <class First, class Second>
struct joint_state {
  static_assert(std::same_as<First, no_state> || std::same_as<Second, no_state>,
                "an objective may have one part that keeps state between batches, this one has two");
  using type = std::conditional_t<std::same_as<First, no_state>, Second, First>;
};

template <class Loss, class Reward, class Strength, class Selection>
struct batch_step<objective<Loss, Reward, Strength, Selection>> {
  using state =
      typename joint_state<typename part_state<Strength>::type, typename part_state<Loss>::type>::type;
  static constexpr index observations = observation_count<Strength>() + observation_count<Loss>();
  static constexpr index decisions = decision_count<Strength>() + decision_count<Loss>();
};
template <class First, class Second>
struct batch_step<sum<First, Second>> {
  using state =
      typename joint_state<typename batch_step<First>::state, typename batch_step<Second>::state>::type;
  static constexpr index observations = batch_step<First>::observations + batch_step<Second>::observations;
  static constexpr index decisions = batch_step<First>::decisions + batch_step<Second>::decisions;
};

/// Calls `visit(term, first observation, first decision)` for each term of an objective.
PREFOPT_UNCHECKED
template <class Loss, class Reward, class Strength, class Selection, class Visit>
PREFOPT_HOST_DEVICE void each_term(const objective<Loss, Reward, Strength, Selection>& term,
                                   const Visit& visit, index observation = 0, index decision = 0) {
  visit(term, observation, decision);
}
PREFOPT_UNCHECKED
template <class First, class Second, class Visit>
PREFOPT_HOST_DEVICE void each_term(const sum<First, Second>& both, const Visit& visit, index observation = 0,
                                   index decision = 0) {
  each_term(both.first, visit, observation, decision);
  each_term(both.second, visit, observation + batch_step<First>::observations,
            decision + batch_step<First>::decisions);
}

}  // namespace prefopt::detail
