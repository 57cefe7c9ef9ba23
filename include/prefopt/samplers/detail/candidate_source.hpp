#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <prefopt/numeric/pack.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// Where scored samplers get their candidates from.

namespace prefopt::detail {

/// What a source hands scores to.
struct any_sink {
  void operator()(index row, index first_item, native_pack<float> scores);
  template <std::size_t Packs>
  void operator()(index row, index first_item, const native_pack<float> (&scores)[Packs]);
};

/// Scores of B rows and V items, on demand.
template <class Source>
concept candidate_source = requires(const Source& source) {
  { source.rows() } -> std::same_as<index>;
  { source.num_items() } -> std::same_as<index>;
  Source::rows_name;  // what a message calls the rows
};

/// Goes through all items of a few rows at once.
///
///     scan(first, count, sink, memory)  sink(row, first_item, pack) for the rows [0, count) after `first` and every
///                                       item, ascending, a native pack or several at a time; NaN beyond the last
///                                       item; rows that are missing to a multiple of `tile_rows` may be handed over,
///                                       too
template <class Source>
concept scanned_source = candidate_source<Source> &&
                         requires(const Source& source, any_sink& sink, typename Source::memory& memory) {
                           source.scan(index{}, index{}, sink, memory);
                         };

/// Scores a single item of a row.
template <class Source>
concept item_scores = candidate_source<Source> && requires(const Source& source) {
  { source.score(index{}, std::int32_t{}) } -> std::same_as<float>;
};

/// Finds about the best items of rows by itself.
template <class Source>
concept searched_source =
    candidate_source<Source> && requires(const Source& source, float* scores, std::int64_t* items) {
      source.search(index{}, index{}, index{}, scores, items);
    };

}  // namespace prefopt::detail
