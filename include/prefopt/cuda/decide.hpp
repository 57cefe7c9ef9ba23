#pragma once

#include <cstddef>
#include <type_traits>
#include <vector>

#include <prefopt/batch.hpp>
#include <prefopt/detail/decide.hpp>
#include <prefopt/detail/term.hpp>
#include <prefopt/error.hpp>

namespace prefopt::cuda {

/// What an objective decides over the whole batch, on the host, from what `observe` saw on a device; computed in double.
///
/// \param observed [B, observations<Objective>]
/// \param decided  [B, decisions<Objective>], written
/// \param state    what the objective keeps between batches (`prefopt::state_of<Objective>`), if it keeps anything
/// \throws invalid_argument if a shape is not right or the state is absent
template <class Objective, class Scalar>
void decide(const Objective& objective, const matrix_view<const Scalar>& observed,
            const matrix_view<Scalar>& decided,
            typename prefopt::detail::batch_step<Objective>::state* state = nullptr) {
  using step = prefopt::detail::batch_step<Objective>;
  using prefopt::detail::require;
  constexpr const char* here = "cuda::decide";
  const index rows = observed.rows;
  const auto check_shape = [rows](const auto& table, index columns, const char* name) {
    require(table.rows == rows && table.columns == columns, here, name, " is ",
            prefopt::detail::shape_text(table.rows, table.columns), ", expected ",
            prefopt::detail::shape_text(rows, columns));
  };
  check_shape(observed, step::observations, "observed");
  check_shape(decided, step::decisions, "decided");
  if constexpr (!std::is_same_v<typename step::state, no_state>)
    require(state != nullptr, here, "state is absent, but this objective keeps statistics between batches");

  std::vector<double> seen(static_cast<std::size_t>(observed.size())),
      said(static_cast<std::size_t>(decided.size()));
  const auto seen_table = as_matrix(seen, rows, step::observations),
             said_table = as_matrix(said, rows, step::decisions);
  for (index b = 0; b < rows; ++b)
    for (index i = 0; i < step::observations; ++i) seen_table(b, i) = static_cast<double>(observed(b, i));
  prefopt::detail::decide(objective, matrix_view<const double>(seen_table), said_table, state);
  for (index b = 0; b < rows; ++b)
    for (index i = 0; i < step::decisions; ++i) decided(b, i) = static_cast<Scalar>(said_table(b, i));
}

}  // namespace prefopt::cuda
