#pragma once

#include <type_traits>

#include <prefopt/detail/term.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>
#include <prefopt/objective.hpp>

/// \file
/// Weights per example, for any objective: `weighted(prefopt::dpo(), prefopt::weights::focal{.gamma = 2})`.
///
/// A weight is a small struct of settings:
///
///   operator()(row)            → the example's weight ≥ 0, a row value; or
///   observe(row), decide(...)  as a strength's step over the batch, decisions = m, and
///   operator()(row, first)     → the weight from row.decided(first), row.decided(first + 1) ...
///   check(), reads, needs, needs_log_probabilities, maps_and_reductions, state_type as any part
///
/// Weights multiply loss and gradient, and are constants to the gradient. They multiply what the strength (a filter) and
/// the batch's own `weights` say; means go over all examples unless the weight is `normalised`.

namespace prefopt {
namespace detail {

/// A state that is one, under the name by which the engine asks for it.
template <class State>
struct with_state {
  using state_type = State;
};
template <>
struct with_state<no_state> {};

template <class Scalar>
matrix_view<Scalar> columns_of(const matrix_view<Scalar>& table, index first, index count) {
  return {table.data + first * table.column_stride, table.rows, count, table.row_stride, table.column_stride};
}

template <class T, std::size_t First, std::size_t Second>
observed<T, First + Second> joined(const observed<T, First>& first, const observed<T, Second>& second) {
  observed<T, First + Second> both;
  for (std::size_t i = 0; i < First; ++i) both.values[i] = first.values[i];
  for (std::size_t i = 0; i < Second; ++i) both.values[First + i] = second.values[i];
  return both;
}

}  // namespace detail

namespace strengths {

/// A strength whose examples are weighted too. Made by `prefopt::weighted`.
template <class Strength, class Weight>
struct weighted
    : detail::with_state<typename detail::joint_state<typename detail::part_state<Strength>::type,
                                                      typename detail::part_state<Weight>::type>::type> {
  Strength strength;
  Weight example_weight;

  weighted(const Strength& strength_part, const Weight& weight_part)
      : strength(strength_part), example_weight(weight_part) {}

  static constexpr bool per_pair = per_pair_strength<Strength>;
  static constexpr bool maps_and_reductions =
      detail::maps_and_reductions_part<Strength> && detail::maps_and_reductions_part<Weight>;
  static constexpr inputs reads = detail::read_inputs<Strength>() | detail::read_inputs<Weight>();
  static constexpr inputs needs = detail::needed_inputs<Strength>() | detail::needed_inputs<Weight>();
  static constexpr bool needs_log_probabilities = requires {
    requires bool(Strength::needs_log_probabilities);
  } || requires { requires bool(Weight::needs_log_probabilities); };
  static constexpr index decisions = detail::decision_count<Strength>() + detail::decision_count<Weight>();

  void check() const {
    detail::check_part(strength);
    detail::check_part(example_weight);
  }
  PREFOPT_ANYWHERE auto observe(auto row) const
    requires(detail::observation_count<Strength>() + detail::observation_count<Weight>() > 0)
  {
    if constexpr (detail::observation_count<Weight>() == 0)
      return strength.observe(row);
    else if constexpr (detail::observation_count<Strength>() == 0)
      return example_weight.observe(row);
    else
      return detail::joined(strength.observe(row), example_weight.observe(row));
  }
  void decide(const matrix_view<const double>& seen, const matrix_view<double>& decided,
              auto&... state) const {
    constexpr index observed_first = detail::observation_count<Strength>(),
                    decided_first = detail::decision_count<Strength>();
    decide_part(strength, seen, decided, 0, 0, state...);
    decide_part(example_weight, seen, decided, observed_first, decided_first, state...);
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const { return strength(row); }
  PREFOPT_ANYWHERE auto weight(auto row) const {
    const auto by_weight = constant(from_weight(row));
    if constexpr (requires { strength.weight(row); })
      return strength.weight(row) * by_weight;
    else
      return by_weight;
  }

 private:
  PREFOPT_ANYWHERE auto from_weight(auto row) const {
    if constexpr (detail::decision_count<Weight>() > 0)
      return example_weight(row, detail::decision_count<Strength>());
    else
      return example_weight(row);
  }
  template <class Part>
  static void decide_part(const Part& part, const matrix_view<const double>& seen,
                          const matrix_view<double>& decided, index first_seen, index first_decided,
                          auto&... state) {
    if constexpr (detail::observation_count<Part>() > 0) {
      const auto mine = detail::columns_of(seen, first_seen, detail::observation_count<Part>());
      const auto said = detail::columns_of(decided, first_decided, detail::decision_count<Part>());
      if constexpr (requires { typename Part::state_type; })
        part.decide(mine, said, state...);
      else
        part.decide(mine, said);
    }
  }
};

}  // namespace strengths

/// The objective with its examples weighted; of a sum, every term.
template <class Loss, class Reward, class Strength, class Selection, class Weight>
PREFOPT_HOST_DEVICE auto weighted(const objective<Loss, Reward, Strength, Selection>& term,
                                  const Weight& weight) {
  return objective<Loss, Reward, strengths::weighted<Strength, Weight>, Selection>{
      term.loss, term.reward, {term.strength, weight}, term.selection, term.weight};
}
template <class First, class Second, class Weight>
PREFOPT_HOST_DEVICE auto weighted(const sum<First, Second>& both, const Weight& weight) {
  return weighted(both.first, weight) + weighted(both.second, weight);
}

}  // namespace prefopt
