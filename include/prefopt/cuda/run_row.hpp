#pragma once

#include <type_traits>

#include <prefopt/cuda/team_row.hpp>
#include <prefopt/detail/term.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/objective.hpp>

/// \file
/// One example of a batch, by one team: what a kernel does for each row. The same text runs on the host in our tests.

namespace prefopt::cuda {

namespace detail {

template <class Objective>
inline constexpr bool has_vectors = false;
template <class Loss, class Reward, class Strength, class Selection>
inline constexpr bool has_vectors<objective<Loss, Reward, Strength, Selection>> =
    requires(const Reward& reward) { reward.components; };
template <class First, class Second>
inline constexpr bool has_vectors<sum<First, Second>> = has_vectors<First> || has_vectors<Second>;

/// An order is read by the whole objective, or not at all.
template <class Objective>
inline constexpr bool reads_an_order = prefopt::detail::term_kind<Objective>::ordered;

/// Maps and reductions, or choices one after the other.
template <class Objective>
inline constexpr bool asks_for_what_a_team_has = prefopt::detail::term_kind<Objective>::maps_and_reductions;
template <class Loss, class Reward, class Strength, class Selection>
inline constexpr bool asks_for_what_a_team_has<objective<Loss, Reward, Strength, Selection>> =
    prefopt::detail::term_kind<objective<Loss, Reward, Strength, Selection>>::maps_and_reductions ||
    (prefopt::detail::term_kind<objective<Loss, Reward, Strength, Selection>>::dense &&
     Loss::traits.ordered && !Loss::traits.graded && prefopt::detail::maps_and_reductions_part<Strength> &&
     prefopt::detail::maps_and_reductions_part<Selection>);
template <class First, class Second>
inline constexpr bool asks_for_what_a_team_has<sum<First, Second>> =
    asks_for_what_a_team_has<First> && asks_for_what_a_team_has<Second>;

/// Rows in memory will do: neither an order nor a selection.
template <class Objective>
inline constexpr bool keeps_nothing =
    !prefopt::detail::term_kind<Objective>::ordered && !prefopt::detail::term_kind<Objective>::selects;

/// A term compares with one rejected candidate: no row is longer than two.
template <class Objective>
inline constexpr bool takes_pairs_only = false;
template <class Loss, class Reward, class Strength, class Selection>
inline constexpr bool takes_pairs_only<objective<Loss, Reward, Strength, Selection>> =
    Loss::traits.candidates == losses::rejected::one;
template <class First, class Second>
inline constexpr bool takes_pairs_only<sum<First, Second>> =
    takes_pairs_only<First> || takes_pairs_only<Second>;

template <class Objective>
inline constexpr bool decides_over_the_batch = prefopt::detail::batch_step<Objective>::observations > 0 ||
                                               prefopt::detail::batch_step<Objective>::decisions > 0;

}  // namespace detail

/// What a device evaluates: objectives of maps and reductions, and orders (Plackett–Luce), each example on its own.
/// Pairs, ranks, graded lists, vectors and steps over the batch belong to the host or to LibTorch's generic path.
template <class Objective>
concept device_objective =
    any_objective<Objective> && std::is_trivially_copyable_v<Objective> && !detail::has_vectors<Objective> &&
    !detail::decides_over_the_batch<Objective> && detail::asks_for_what_a_team_has<Objective>;

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
  const team_row<Scalar, Team, Slots, detail::reads_an_order<Objective>> row(inputs, team, memory);
  row.load(b);
  const T example_weight = row.weight();
  const auto compared = row.any(row.every_rejected());
  const bool has_gradient = writes && inputs.gradient.data != nullptr;
  T loss(0);
  bool add = inputs.accumulate;
  prefopt::detail::each_term(objective, [&](const auto& term, index, index) {
    const T* const decided = nullptr;
    const mask_t<T> applies = std::remove_cvref_t<decltype(term)>::traits.candidates == losses::rejected::none
                                  ? mask_t<T>(true)
                                  : compared;
    const T weight = prefopt::detail::term_weight(term, row, decided) * example_weight;
    const auto run = prefopt::detail::run_term(term, row, decided);
    loss = loss + select(applies, weight * prefopt::detail::value_of(run), T(0));
    // Sums between the threads are asked for whether or not this team writes.
    const auto slopes =
        prefopt::detail::policy_gradient(term, row, run.gradient(), weight * T(inputs.scale), 0);
    if (has_gradient) row.store(slopes, applies, add);
    add = true;
  });
  if (writes && inputs.losses.data != nullptr && team.lane() == 0) inputs.losses(b, 0) = loss.lanes;
  return loss;
}

}  // namespace prefopt::cuda
