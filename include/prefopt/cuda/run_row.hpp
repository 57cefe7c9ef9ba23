#pragma once

#include <concepts>
#include <type_traits>

#include <prefopt/cuda/team_row.hpp>
#include <prefopt/detail/term.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/losses/neural_ndcg.hpp>
#include <prefopt/objective.hpp>

/// \file
/// One example of a batch, by one team: what a kernel does for each row. The same text runs on the host in our tests.

namespace prefopt::cuda {

namespace detail {

template <class Reward>
concept vector_reward = requires(const Reward& reward) { reward.components; };

/// What a row gets to know; one part speaks for all terms.
template <class Objective>
inline constexpr row_reading reading_of{};
template <class Loss, class Reward, class Strength, class Selection>
inline constexpr row_reading reading_of<objective<Loss, Reward, Strength, Selection>>{
    .ordered = Loss::traits.ordered, .graded = Loss::traits.graded, .vectors = vector_reward<Reward>};
template <class First, class Second>
inline constexpr row_reading reading_of<sum<First, Second>>{
    .ordered = reading_of<First>.ordered || reading_of<Second>.ordered,
    .graded = reading_of<First>.graded || reading_of<Second>.graded,
    .vectors = reading_of<First>.vectors || reading_of<Second>.vectors};

template <class Part>
concept team_part = prefopt::detail::maps_and_reductions_part<Part> || std::same_as<Part, selections::all>;

/// All but a sort with a derivative, and the plain code of selections that sort.
template <class Objective>
inline constexpr bool asks_for_what_a_team_has = false;
template <class Loss, class Reward, class Strength, class Selection>
inline constexpr bool asks_for_what_a_team_has<objective<Loss, Reward, Strength, Selection>> =
    !std::same_as<Loss, losses::neural_ndcg> && team_part<Strength> && team_part<Selection>;
template <class First, class Second>
inline constexpr bool asks_for_what_a_team_has<sum<First, Second>> =
    asks_for_what_a_team_has<First> && asks_for_what_a_team_has<Second>;

/// Rows in memory will do: maps and reductions, and every rejected candidate.
template <class Objective>
inline constexpr bool keeps_nothing = prefopt::detail::term_kind<Objective>::maps_and_reductions &&
                                      !prefopt::detail::term_kind<Objective>::selects;

/// A term compares with one rejected candidate: no row is longer than two.
template <class Objective>
inline constexpr bool takes_pairs_only = false;
template <class Loss, class Reward, class Strength, class Selection>
inline constexpr bool takes_pairs_only<objective<Loss, Reward, Strength, Selection>> =
    Loss::traits.candidates == losses::rejected::one;
template <class First, class Second>
inline constexpr bool takes_pairs_only<sum<First, Second>> =
    takes_pairs_only<First> || takes_pairs_only<Second>;

}  // namespace detail

/// What a device evaluates: objectives that neither sort with a derivative (NeuralNDCG) nor select by plain code
/// (DynamicPO), which belong to the host or to LibTorch's generic path. What is decided over the whole batch the host
/// decides, between two calls for the device.
template <class Objective>
concept device_objective = any_objective<Objective> && std::is_trivially_copyable_v<Objective> &&
                           detail::asks_for_what_a_team_has<Objective>;

/// How many numbers an objective observes of each example for its step over the batch, and how many it decides; 0 and 0 for
/// most.
template <any_objective Objective>
inline constexpr index observations = prefopt::detail::batch_step<Objective>::observations;
template <any_objective Objective>
inline constexpr index decisions = prefopt::detail::batch_step<Objective>::decisions;

/// The memory of a team for one row after another.
template <class Scalar, class Team, int Slots>
using team_memory = row_state<Scalar, Team::size, Slots>;

/// Evaluates example `b`: returns w_b ℓ_b in every thread, writes the gradient and, if the batch wants them, the losses.
/// \param writes false: nothing is written (a team without a row of its own, which keeps the others company)
PREFOPT_UNCHECKED
template <int Slots, class Objective, class Scalar, class Team>
PREFOPT_HOST_DEVICE pack<Scalar, 1> run_row(const Objective& objective, const row_inputs<Scalar>& inputs,
                                            index b, bool writes, const Team& team,
                                            team_memory<Scalar, Team, Slots>& memory) {
  using T = pack<Scalar, 1>;
  const team_row<Scalar, Team, Slots, detail::reading_of<Objective>> row(inputs, team, memory);
  row.load(b);
  const T example_weight = row.weight();
  const auto compared = row.any(row.every_rejected());
  const bool has_gradient = writes && inputs.gradient.data != nullptr;
  T loss(0);
  bool add = inputs.accumulate;
  T decided_here[decisions<Objective> + 1];
  for (index i = 0; i < decisions<Objective>; ++i) decided_here[i] = inputs.decided(b, i);
  prefopt::detail::each_term(objective, [&](const auto& term, index, index first_decision) {
    const T* const decided = decided_here + first_decision;
    const mask_t<T> applies = std::remove_cvref_t<decltype(term)>::traits.candidates == losses::rejected::none
                                  ? mask_t<T>(true)
                                  : compared;
    const T weight = prefopt::detail::term_weight(term, row, decided) * example_weight;
    const auto run = prefopt::detail::run_term(term, row, decided);
    loss = loss + select(applies, weight * prefopt::detail::value_of(run), T(0));
    // Sums between the threads are asked for whether or not this team writes.
    const auto by_rewards = run.gradient();
    const index components = detail::reading_of<Objective>.vectors ? inputs.components : 1;
    for (index component = 0; component < components; ++component) {
      const auto slopes =
          prefopt::detail::policy_gradient(term, row, by_rewards, weight * T(inputs.scale), component);
      if (has_gradient) row.store(slopes, applies, add, component);
    }
    add = true;
  });
  if (writes && inputs.losses.data != nullptr && team.lane() == 0) inputs.losses(b, 0) = loss.lanes;
  return loss;
}

/// Observes example `b` for the step over the batch.
/// \param writes as for `run_row`
PREFOPT_UNCHECKED
template <int Slots, class Objective, class Scalar, class Team>
PREFOPT_HOST_DEVICE void observe_row(const Objective& objective, const row_inputs<Scalar>& inputs, index b,
                                     bool writes, const Team& team,
                                     team_memory<Scalar, Team, Slots>& memory) {
  const team_row<Scalar, Team, Slots, detail::reading_of<Objective>> row(inputs, team, memory);
  row.load(b);
  prefopt::detail::each_term(objective, [&](const auto& term, index first, index) {
    prefopt::detail::prepare_observation(term, row);
    prefopt::detail::each_batch_part(term, first, 0, [&](const auto& part, index observation, index) {
      const auto seen = part.observe(row);
      for (const auto& value : seen.values) {
        if (writes && team.lane() == 0) inputs.observed(b, observation) = value.lanes;
        ++observation;
      }
    });
  });
}

}  // namespace prefopt::cuda
