#pragma once

#include <cstdint>
#include <string_view>

#include <prefopt/error.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/detail/pool.hpp>
#include <prefopt/samplers/detail/ranked.hpp>
#include <prefopt/samplers/detail/scored_draw.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::samplers {

/// The K best items of every row and their scores, best first; equal scores by id, the smaller first. Whoever scores −inf
/// or NaN is left out: the pool that samplers draw from, and what a recommender shows.
///
/// source   where candidates come from: `exact_scores`, `score_rows` or `search_index`, with B rows
/// history  for each row the items that are left out
/// scores   [B, K], written; −inf where a row has no more items
/// items    [B, K], written; `masked` there
/// Returns how many places were masked. Throws `invalid_argument` if shapes do not match, or an item is out of range.
/// Memory: of the order of K for each of a few hundred rows a task; B × V scores are never there at once.
template <detail::candidate_source Source>
index top_k(const Source& source, const history_view& history, tensor_ref<float> scores,
            tensor_ref<std::int32_t> items, const executor& executor = {}) {
  constexpr std::string_view where = "top_k";
  const auto check_shape = [&](std::string_view name, index rows, index columns) {
    detail::require(rows == source.rows() && columns == scores->columns, where, name, " is ",
                    detail::shape_text(rows, columns), ", expected ",
                    detail::shape_text(source.rows(), scores->columns));
  };
  check_shape("scores", scores->rows, scores->columns);
  check_shape("items", items->rows, items->columns);
  detail::require_history(history, source.rows(), source.num_items(), where);

  const auto fill_row = [&](index b, const auto& best, const matrix_view<std::int32_t>& row) {
    for (index place = 0; place < row.columns; ++place) (*scores)(b, place) = detail::no_candidate;
    index place = 0;
    for (const auto& found : detail::by_rank(best)) {
      (*scores)(b, place) = detail::score_from(found.key);
      row(0, place++) = found.item;
    }
    return detail::mask_from(place, row);
  };
  const draw_key nothing_drawn;
  const detail::scored_call call{where, {}, history, nothing_drawn, *items, executor, detail::infinity};
  return detail::fill_from_best(call, source, detail::at_most_all(items->columns, source),
                                detail::score_ranking{}, fill_row);
}

}  // namespace prefopt::samplers
