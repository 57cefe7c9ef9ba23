#pragma once

#include <cstdint>
#include <limits>
#include <utility>

#include <prefopt/detail/stream.hpp>
#include <prefopt/detail/whole_packs.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// Rows of the catalogue, wherever they are: their products with a query, and the gradients that come back. They
/// are fetched from memory, and nothing here takes as long as that.

namespace prefopt::detail {

/// Walks over [B, N] ids ahead of whoever uses the rows, and asks for them.
class row_prefetcher {
 public:
  row_prefetcher(const matrix_view<const std::int32_t>& ids, index first_example)
      : ids_(ids), example_(first_example) {
    advance(distance);
  }

  /// Asks for the next rows.
  template <class Scalar>
  void fetch(const matrix_view<const Scalar>& catalogue, int count) {
    for (int i = 0; i < count; ++i) fetch_one(catalogue);
  }

 private:
  /// Rows: enough for memory to answer, few enough to stay in the L2 cache.
  static constexpr index distance = 64;

  template <class Scalar>
  void fetch_one(const matrix_view<const Scalar>& catalogue) {
    if (example_ >= ids_.rows) return;
    const index item = ids_(example_, place_);
    constexpr index line = 64 / static_cast<index>(sizeof(Scalar));
    if (item >= 0 && catalogue.column_stride == 1)
      for (index k = 0; k < catalogue.columns; k += line) __builtin_prefetch(&catalogue(item, k), 0, 2);
    advance(1);
  }

  void advance(index count) {
    for (place_ += count; place_ >= ids_.columns && example_ < ids_.rows; ++example_) place_ -= ids_.columns;
  }

  matrix_view<const std::int32_t> ids_;
  index example_, place_ = 0;
};

/// Lane i of the result is the sum of two of a's lanes if the bit `Step` of i is not set, and of b's otherwise.
template <int Step, class Scalar, int Width, int... Lane>
pack<Scalar, Width> add_halves(pack<Scalar, Width> a, pack<Scalar, Width> b,
                               std::integer_sequence<int, Lane...>) {
  return {__builtin_shufflevector(a.lanes, b.lanes, ((Lane & Step) != 0 ? Width + Lane - Step : Lane)...) +
          __builtin_shufflevector(a.lanes, b.lanes, ((Lane & Step) != 0 ? Width + Lane : Lane + Step)...)};
}

/// Lane i of the result is the sum of all lanes of packs[i]: together they cost a third of one by one.
template <class Scalar, int Width, int Step = Width / 2>
pack<Scalar, Width> sum_each(pack<Scalar, Width> (&packs)[Width]) {
  if constexpr (Step > 0) {
    for (int i = 0; i < Step; ++i)
      packs[i] = add_halves<Step>(packs[i], packs[i + Step], std::make_integer_sequence<int, Width>{});
    return sum_each<Scalar, Width, Step / 2>(packs);
  }
  return packs[0];
}

/// Σ_k query[k] · row[k] over the columns that can be walked in packs, lane by lane.
template <class T>
T multiply_in_packs(const scalar_t<T>* query, const matrix_view<const scalar_t<T>>& rows, index row,
                    index whole) {
  constexpr int lanes = lane_count<T>;
  T sum(0);
  for (index k = 0; k < whole; k += lanes)
    sum = multiply_add(load_pack<scalar_t<T>, lanes>(query + k), load_pack<scalar_t<T>, lanes>(&rows(row, k)),
                       sum);
  return sum;
}

/// scores[k] = ⟨query, rows[ids[k]]⟩ for k in [first, first + count), count at most the lanes. The query is
/// contiguous; the score of a masked candidate is −inf.
template <class T>
void score_some(const scalar_t<T>* query, const matrix_view<const scalar_t<T>>& rows,
                const matrix_view<const std::int32_t>& ids, index example, index first, int count,
                scalar_t<T>* scores) {
  constexpr int lanes = lane_count<T>;
  const index whole = whole_packs<T>(rows);
  T products[lanes];
  for (int i = 0; i < lanes; ++i) {
    const index item = i < count ? ids(example, first + i) : -1;
    products[i] = item >= 0 ? multiply_in_packs<T>(query, rows, item, whole) : T(0);
  }
  const T sums = sum_each(products);
  for (int i = 0; i < count; ++i) {
    const index item = ids(example, first + i);
    scalar_t<T>& score = scores[first + i];
    score = item >= 0 ? lane(sums, i) : -std::numeric_limits<scalar_t<T>>::infinity();
    if (item >= 0)
      for (index k = whole; k < rows.columns; ++k) score += query[k] * rows(item, k);
  }
}

/// sums += factor · row; the sums are contiguous. A factor of 0 adds nothing, whatever the row holds.
template <class T>
void add_row(scalar_t<T> factor, const matrix_view<const scalar_t<T>>& rows, index row, index whole,
             scalar_t<T>* sums) {
  constexpr int lanes = lane_count<T>;
  if (factor == 0) return;
  for (index k = 0; k < whole; k += lanes)
    store_pack(multiply_add(T(factor), load_pack<scalar_t<T>, lanes>(&rows(row, k)),
                            load_pack<scalar_t<T>, lanes>(sums + k)),
               sums + k);
  for (index k = whole; k < rows.columns; ++k) sums[k] += factor * rows(row, k);
}

/// The columns [column, column + Packs · lanes) of Σ_k factors[k] · rows[ids[k]], for all k with a factor.
template <class T, int Packs>
void add_up_strip(const scalar_t<T>* factors, const matrix_view<const std::int32_t>& ids, index example,
                  const matrix_view<const scalar_t<T>>& rows, index column, scalar_t<T>* sums) {
  constexpr int lanes = lane_count<T>;
  T strip[Packs];
  for (T& sum : strip) sum = T(0);
  for (index k = 0; k < ids.columns; ++k) {
    if (factors[k] == 0) continue;
    const scalar_t<T>* const row = &rows(ids(example, k), column);
    for (int i = 0; i < Packs; ++i)
      strip[i] = multiply_add(T(factors[k]), load_pack<scalar_t<T>, lanes>(row + i * lanes), strip[i]);
  }
  for (int i = 0; i < Packs; ++i) store_pack(strip[i], sums + column + i * lanes);
}

/// sums = Σ_k factors[k] · rows[ids[k]]; a candidate that is masked has a factor of 0.
template <class T>
void add_up_rows(const scalar_t<T>* factors, const matrix_view<const std::int32_t>& ids, index example,
                 const matrix_view<const scalar_t<T>>& rows, scalar_t<T>* sums) {
  constexpr int lanes = lane_count<T>, most = 4;
  const index whole = whole_packs<T>(rows);
  index column = 0;
  for (; column + most * lanes <= whole; column += most * lanes)
    add_up_strip<T, most>(factors, ids, example, rows, column, sums);
  for (; column < whole; column += lanes) add_up_strip<T, 1>(factors, ids, example, rows, column, sums);
  for (; column < rows.columns; ++column) {
    sums[column] = 0;
    for (index k = 0; k < ids.columns; ++k)
      if (factors[k] != 0) sums[column] += factors[k] * rows(ids(example, k), column);
  }
}

/// rows[row] = factor · query, or added to it; the query is contiguous. A factor of 0 makes zeros of any query.
template <class T>
void store_scaled(scalar_t<T> factor, const scalar_t<T>* query, const matrix_view<scalar_t<T>>& rows,
                  index row, index whole, row_store how) {
  constexpr int lanes = lane_count<T>;
  for (index k = 0; k < whole; k += lanes) {
    scalar_t<T>* const place = &rows(row, k);
    const T x = factor == 0 ? T(0) : T(factor) * load_pack<scalar_t<T>, lanes>(query + k);
    if (how == row_store::stream)
      stream_pack(x, place);
    else
      store_pack(how == row_store::add ? load_pack<scalar_t<T>, lanes>(place) + x : x, place);
  }
  for (index k = whole; k < rows.columns; ++k) {
    const scalar_t<T> x = factor == 0 ? scalar_t<T>(0) : factor * query[k];
    rows(row, k) = how == row_store::add ? rows(row, k) + x : x;
  }
}

}  // namespace prefopt::detail
