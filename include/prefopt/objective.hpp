#pragma once

#include <concepts>
#include <type_traits>

#include <prefopt/error.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/observed.hpp>
#include <prefopt/row.hpp>
#include <prefopt/selections/all.hpp>
#include <prefopt/strengths/fixed.hpp>

/// \file
/// The composition reward × selection × strength × ranking loss, and sums of such terms.
///
/// Each part is a small struct of settings with templates over the row. What a part must offer, and may:
///
///   reward     value(row) → the column that is compared
///              chain(row, g [, component]) → the column d loss / d policy, from g = d loss / d value      (optional)
///              elementwise = true: `value` reads policy() and, if it likes, reference(), relevance(), lengths() and
///              log_q() candidate by candidate, nothing else of the row, and is finite only where policy and reference
///              are, so that it can be formed in memory's own order                                            (optional)
///              reference_free = true: nobody reads the reference, so a batch's is not looked at          (optional)
///              of_log_ratio = true: `value` reads policy() and reference() as their difference alone, so that the
///              gradient by the reference is the negative of the one by the policy                              (optional)
///              keeps_shifts = true: a constant added to a row of the policy adds one to its values, so that what
///              does not see a shift does not see whether log-probabilities are normalised                (optional)
///   selection  operator()(row) → a mask column; or the part is `selections::all`
///   strength   operator()(row) → β, a row value; with per_pair = true, a column of β_k
///              weight(row) → a row value that multiplies loss and gradient                               (optional)
///   loss       traits; operator()(row) → the row's value, or with_gradient{value, [=] { return column; }}
///   selection, strength
///              maps_and_reductions = true, as in `losses::loss_traits`                                       (optional)
///   any        check() throws on bad settings                                                            (optional)
///              reads, needs: inputs of the batch (`prefopt/inputs.hpp`)                                  (optional)
///              needs_log_probabilities = true: it looks at the policy in a way that raw scores do not bear  (optional)
///   strength   observe(row) → observed{...}; decide(observed [B, n], decided [B, m] [, state]); decisions = m:
///   or loss    a step over the whole batch in plain double code; row.decided(i) reads what it decided, and
///              `state_type` is what outlives the batch. The observations of a skipped example are NaN; a loss sees
///              the rewards of all unmasked candidates, before the strength.                              (optional)
///
/// Without `chain`, or without a gradient from the loss, dual numbers supply the gradient.

namespace prefopt {

namespace detail {

template <class T>
inline constexpr bool is_with_gradient = false;
template <class T, class Gradient>
inline constexpr bool is_with_gradient<with_gradient<T, Gradient>> = true;

template <class Part>
constexpr inputs read_inputs() {
  inputs set = inputs::nothing;
  if constexpr (requires { Part::reads; }) set = set | Part::reads;
  if constexpr (requires { Part::needs; }) set = set | Part::needs;
  return set;
}
template <class Part>
constexpr inputs needed_inputs() {
  if constexpr (requires { Part::needs; })
    return Part::needs;
  else
    return inputs::nothing;
}

template <class Part>
constexpr bool says_log_probabilities() {
  if constexpr (requires { Part::needs_log_probabilities; })
    return Part::needs_log_probabilities;
  else
    return false;
}
template <class Reward>
constexpr bool keeps_shifts() {
  if constexpr (requires { Reward::keeps_shifts; })
    return Reward::keeps_shifts;
  else
    return false;
}
template <class Reward>
concept reference_free = requires { requires bool(Reward::reference_free); };

/// Raw scores differ from log-probabilities by a constant of the row (the normaliser). They do for a loss that does not
/// see such a constant, if the reward hands it on as one; and as logits. The lengths of sequences go with log-probabilities.
template <class Loss, class Reward, class Strength, class Selection>
constexpr bool needs_log_probabilities() {
  const bool no_matter =
      Loss::traits.translation_invariant || (Loss::traits.takes_logits && reference_free<Reward>);
  return !(keeps_shifts<Reward>() && no_matter) || contains(needed_inputs<Reward>(), inputs::lengths) ||
         says_log_probabilities<Loss>() || says_log_probabilities<Reward>() ||
         says_log_probabilities<Strength>() || says_log_probabilities<Selection>();
}

template <class Part>
void check_part(const Part& part) {
  if constexpr (requires { part.check(); }) part.check();
}

using archetype_row = array_row<pack<double, 1>>;

}  // namespace detail

/// Turns (log π, log π_ref) into what is compared: `value(row)` gives a column. See the list above.
template <class Reward>
concept reward_part = requires(const Reward& reward, detail::archetype_row row) {
  requires detail::is_column<decltype(reward.value(row))>;
};

/// Says which rejected items count: `operator()(row)` gives a mask column, or the part is `selections::all`.
template <class Selection>
concept selection_part = std::same_as<Selection, selections::all> || requires(const Selection& selection,
                                                                              detail::archetype_row row) {
  requires std::same_as<typename decltype(selection(row))::value_type, pack_mask<double, 1>>;
};

/// Strengths that give every pair its own β say `static constexpr bool per_pair = true`.
template <class Strength>
concept per_pair_strength = requires { requires bool(Strength::per_pair); };

/// Says how strongly: `operator()(row)` gives β, or a column of them if `per_pair`.
template <class Strength>
concept strength_part = requires(const Strength& strength, detail::archetype_row row) {
  { strength(row) };
  requires per_pair_strength<Strength> == detail::is_column<decltype(strength(row))>;
};

/// A ranking loss has `static constexpr losses::loss_traits traits` and `operator()(row)`, which returns the
/// value of the row or `with_gradient{value, [=] { return column; }}`.
template <class Loss>
concept ranking_loss = requires(const Loss& loss, detail::archetype_row row) {
  { Loss::traits } -> std::convertible_to<losses::loss_traits>;
  requires std::same_as<decltype(loss(row)), pack<double, 1>> ||
               detail::is_with_gradient<decltype(loss(row))>;
};

/// One β per pair re-centres the row on the preferred reward, which only a translation-invariant loss
/// permits.
template <class Loss, class Strength>
concept invariant_if_per_pair = !per_pair_strength<Strength> || Loss::traits.translation_invariant;

/// One term: `weight · loss(strength · reward)` over the selected candidates. Made by `compose`, which checks
/// the parts.
template <class Loss, class Reward, class Strength, class Selection>
struct objective {
  Loss loss;
  Reward reward;
  Strength strength;
  Selection selection;
  double weight = 1;

  static constexpr losses::loss_traits traits = Loss::traits;
  static constexpr inputs reads = detail::read_inputs<Loss>() | detail::read_inputs<Reward>() |
                                  detail::read_inputs<Strength>() | detail::read_inputs<Selection>();
  static constexpr inputs needs = detail::needed_inputs<Loss>() | detail::needed_inputs<Reward>() |
                                  detail::needed_inputs<Strength>() | detail::needed_inputs<Selection>();
  /// Raw scores will not do: the batch's `policy` has to hold normalised log-probabilities.
  static constexpr bool needs_log_probabilities =
      detail::needs_log_probabilities<Loss, Reward, Strength, Selection>();

  void check() const {
    detail::check_part(loss);
    detail::check_part(reward);
    detail::check_part(strength);
    detail::check_part(selection);
    detail::require(weight - weight == 0, "objective", "weight is ", weight, ", expected a finite value");
  }

  friend objective operator*(double factor, objective term) {
    term.weight *= factor;
    return term;
  }
};

/// Two objectives on the same batch, added.
template <class First, class Second>
struct sum {
  First first;
  Second second;

  static constexpr inputs reads = First::reads | Second::reads;
  static constexpr inputs needs = First::needs | Second::needs;
  static constexpr bool needs_log_probabilities =
      First::needs_log_probabilities || Second::needs_log_probabilities;

  void check() const {
    first.check();
    second.check();
  }
  friend sum operator*(double factor, const sum& both) { return {factor * both.first, factor * both.second}; }
};

namespace detail {
template <class T>
inline constexpr bool is_objective = false;
template <class Loss, class Reward, class Strength, class Selection>
inline constexpr bool is_objective<objective<Loss, Reward, Strength, Selection>> = true;
template <class First, class Second>
inline constexpr bool is_objective<sum<First, Second>> = true;
}  // namespace detail

/// A composition that `evaluate` accepts: a recipe of `prefopt/recipes.hpp`, a call of `compose`, or a
/// weighted sum.
template <class T>
concept any_objective = detail::is_objective<T>;

template <any_objective First, any_objective Second>
sum<First, Second> operator+(const First& first, const Second& second) {
  return {first, second};
}

/// Puts an objective together: `compose(my_loss{}, rewards::implicit{}, strengths::fixed{0.1})`.
/// \return an `objective`
template <ranking_loss Loss, reward_part Reward, strength_part Strength = strengths::fixed,
          selection_part Selection = selections::all>
  requires invariant_if_per_pair<Loss, Strength>
auto compose(Loss loss, Reward reward, Strength strength = {}, Selection selection = {}) {
  return objective<Loss, Reward, Strength, Selection>{loss, reward, strength, selection};
}

}  // namespace prefopt
