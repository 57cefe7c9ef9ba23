#pragma once

#include <prefopt/detail/term.hpp>
#include <prefopt/row.hpp>
#include <prefopt/workspace.hpp>

/// \file
/// The gradient of a loss that brings none: the same text run on numbers that differentiate.

namespace prefopt::detail {

template <class T, class Differentiator>
const Differentiator* lift(const T* values, index count, task_memory<T, Differentiator>& memory) {
  if (values == nullptr) return nullptr;
  Differentiator* lifted = memory.lifted.take(count);
  for (index i = 0; i < count; ++i) lifted[i] = Differentiator(values[i]);
  return lifted;
}

/// The same row over numbers that differentiate.
template <class T, class Differentiator>
row_memory<Differentiator> lift(const row_memory<T>& row, index components,
                                task_memory<T, Differentiator>& memory) {
  row_memory<Differentiator> lifted;
  lifted.candidates = row.candidates;
  lifted.policy = lift(row.policy, row.candidates * components, memory);
  lifted.reference = lift(row.reference, row.candidates, memory);
  lifted.relevance = lift(row.relevance, row.candidates, memory);
  lifted.lengths = lift(row.lengths, row.candidates, memory);
  lifted.log_q = lift(row.log_q, row.candidates, memory);
  lifted.kl = lift(row.kl, 1, memory);
  lifted.beta = lift(row.beta, 1, memory);
  lifted.valid = row.valid;
  lifted.preferred = row.preferred;
  lifted.numbers = &memory.lifted;
  lifted.masks = row.masks;
  lifted.plain = row.plain;
  return lifted;
}

/// Calls `visit(i, d value / d policy_i)` for every policy input of a row, a few directions at a time: O(N²)
/// per row, and it needs nothing of the objective but its value. \param decided what the batch step decided
/// for this row, `decisions` numbers
template <class Term, class T, class Differentiator, class Visit>
void differentiate(const Term& term, const array_row<T>& row, index components, const T* decided,
                   index decisions, task_memory<T, Differentiator>& memory, const Visit& visit) {
  memory.lifted.restart();
  row_memory<Differentiator> lifted = lift(row.memory(), components, memory);
  const Differentiator* lifted_decisions = lift(decided, decisions, memory);
  const array_row<Differentiator> lifted_row(lifted);
  auto* policy = const_cast<Differentiator*>(lifted.policy);
  const auto mark = memory.lifted.mark();
  const auto mask_mark = memory.masks.mark();
  const auto plain_mark = memory.plain.mark();

  const index inputs = row.candidates() * components;
  constexpr index step = Differentiator::directions;
  for (index first = 0; first < inputs; first += step) {
    const index last = first + step < inputs ? first + step : inputs;
    for (index i = first; i < last; ++i)
      policy[i] = Differentiator::variable(primal(policy[i]), static_cast<int>(i - first));
    const Differentiator value = value_of(run_term(term, lifted_row, lifted_decisions));
    for (index i = first; i < last; ++i) {
      policy[i] = Differentiator(primal(policy[i]));
      visit(i, slope(value, static_cast<int>(i - first)));
    }
    memory.lifted.restart(mark);
    memory.masks.restart(mask_mark);
    memory.plain.restart(plain_mark);
  }
}

}  // namespace prefopt::detail
