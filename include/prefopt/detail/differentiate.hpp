#pragma once

#include <prefopt/detail/scratch.hpp>
#include <prefopt/detail/term.hpp>
#include <prefopt/row.hpp>

/// \file
/// The gradient of a loss that brings none: the same text run on numbers that differentiate.

namespace prefopt::detail {

/// The number that differentiates a loss without a closed-form gradient: a few directions at a time.
template <class T>
using default_differentiator = dual<T, 4>;

template <class Differentiator, class T>
const Differentiator* lift(const T* values, index count, scratch& memory) {
  if (values == nullptr) return nullptr;
  Differentiator* lifted = memory.take<Differentiator>(count);
  for (index i = 0; i < count; ++i) lifted[i] = Differentiator(values[i]);
  return lifted;
}

/// The same row over numbers that differentiate.
template <class Differentiator, class T>
row_memory<Differentiator> lift(const row_memory<T>& row, index components, scratch& memory) {
  row_memory<Differentiator> lifted;
  lifted.candidates = row.candidates;
  lifted.policy = lift<Differentiator>(row.policy, row.candidates * components, memory);
  lifted.reference = lift<Differentiator>(row.reference, row.candidates, memory);
  lifted.relevance = lift<Differentiator>(row.relevance, row.candidates, memory);
  lifted.lengths = lift<Differentiator>(row.lengths, row.candidates, memory);
  lifted.log_q = lift<Differentiator>(row.log_q, row.candidates, memory);
  lifted.kl = lift<Differentiator>(row.kl, 1, memory);
  lifted.beta = lift<Differentiator>(row.beta, 1, memory);
  lifted.hardness = lift<Differentiator>(row.hardness, 1, memory);
  lifted.log_collision = lift<Differentiator>(row.log_collision, 1, memory);
  lifted.valid = row.valid;
  lifted.preferred = row.preferred;
  lifted.scratch = &memory;
  return lifted;
}

/// Calls `visit(i, d value / d policy_i)` for every policy input of a row, a few directions at a time: O(N²)
/// per row, and it needs nothing of the objective but its value. \param decided what the batch step decided
/// for this row, `decisions` numbers
template <class Differentiator, class Term, class T, class Visit>
void differentiate(const Term& term, const array_row<T>& row, index components, const T* decided,
                   index decisions, scratch& memory, const Visit& visit) {
  const auto before = memory.mark();
  row_memory<Differentiator> lifted = lift<Differentiator>(row.memory(), components, memory);
  const Differentiator* lifted_decisions = lift<Differentiator>(decided, decisions, memory);
  const array_row<Differentiator> lifted_row(lifted);
  auto* policy = const_cast<Differentiator*>(lifted.policy);
  const auto mark = memory.mark();

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
    memory.restart(mark);
  }
  memory.restart(before);
}

}  // namespace prefopt::detail
