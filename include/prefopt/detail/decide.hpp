#pragma once

#include <type_traits>

#include <prefopt/detail/term.hpp>

namespace prefopt::detail {

/// The step over the whole batch: what each part that has one decides, from what it observed.
/// \param observed [B, observations], \param decided [B, decisions], written
/// \param state of the part that keeps one, if there is such a part
template <class Objective, class State>
void decide(const Objective& objective, const matrix_view<const double>& observed,
            const matrix_view<double>& decided, [[maybe_unused]] State* state) {
  const auto columns = [](const auto& table, index first, index count) {
    auto part = table;
    part.data += first * table.column_stride;
    part.columns = count;
    return part;
  };
  each_term(objective, [&](const auto& term, index first_observation, index first_decision) {
    each_batch_part(term, first_observation, first_decision,
                    [&](const auto& part, index observation, index decision) {
                      using part_type = std::remove_cvref_t<decltype(part)>;
                      const auto seen = columns(observed, observation, observation_count<part_type>());
                      const auto said = columns(decided, decision, decision_count<part_type>());
                      if constexpr (requires { typename part_type::state_type; })
                        part.decide(seen, said, *state);
                      else
                        part.decide(seen, said);
                    });
  });
}

}  // namespace prefopt::detail
