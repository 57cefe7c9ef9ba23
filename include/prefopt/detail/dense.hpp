#pragma once

#include <cstdint>
#include <type_traits>

#include <prefopt/batch.hpp>
#include <prefopt/column.hpp>
#include <prefopt/detail/plan.hpp>
#include <prefopt/detail/transpose.hpp>
#include <prefopt/row.hpp>

/// \file
/// Batches whose rows lie contiguously in memory, as nearly all do: what an elementwise reward makes of the inputs is
/// formed in memory's own order, a pack of neighbouring candidates at a time, before anything is transposed.

namespace prefopt::detail {

/// The inputs as an elementwise reward sees them: neighbouring candidates in the lanes. `at(k)` starts k scalars
/// behind the pointers.
/// \tparam HasReference known to the compiler, since nearly every score is compared with a reference
template <class T, bool HasReference>
struct memory_row {
  using number_type = T;
  using scalar = scalar_t<T>;

  struct read {
    const scalar* values;
    T operator()(index k) const { return load_pack<scalar, lane_count<T>>(values + k); }
  };
  struct read_or {
    const scalar* values;
    T otherwise;
    T operator()(index k) const {
      return values != nullptr ? load_pack<scalar, lane_count<T>>(values + k) : otherwise;
    }
  };
  struct zeros {
    T operator()(index) const { return T(0); }
  };

  const scalar *policy_values, *reference_values, *relevance_values, *lengths_values, *log_q_values;

  auto policy() const { return column<read>{{policy_values}}; }
  auto reference() const {
    if constexpr (HasReference)
      return column<read>{{reference_values}};
    else
      return column<zeros>{};
  }
  auto relevance() const { return column<read_or>{{relevance_values, T(0)}}; }
  auto lengths() const { return column<read_or>{{lengths_values, T(1)}}; }
  auto log_q() const { return column<read_or>{{log_q_values, T(0)}}; }
  T number(double x) const { return T(static_cast<scalar>(x)); }

  /// `so_far`, made NaN in the lanes in which an input besides policy and reference is not finite.
  T trace_more(index k, T so_far) const {
    for (const scalar* input : {relevance_values, lengths_values, log_q_values})
      if (input != nullptr) so_far = multiply_add(load_pack<scalar, lane_count<T>>(input + k), T(0), so_far);
    return so_far;
  }
};

/// The contiguous rows of a batch.
template <class T>
class dense_inputs {
 public:
  using scalar = scalar_t<T>;

  dense_inputs(const batch<scalar>& batch, const plan<scalar>& plan)
      : policy_(*batch.policy),
        reference_(optional(plan.has_reference ? batch.reference : tensor_ref<const scalar>{})),
        relevance_(optional(batch.relevance)),
        lengths_(optional(batch.lengths)),
        log_q_(optional(batch.log_q)) {}

  /// Whether every input has its rows in one piece, equally far apart in all of them and, if they are shorter than a
  /// pack, one behind the other.
  bool contiguous() const {
    for (const matrix_view<const scalar>* input : {&policy_, &reference_, &relevance_, &lengths_, &log_q_})
      if (input->data != nullptr && !(is_contiguous(*input) && input->row_stride == stride())) return false;
    return true;
  }
  /// From a row to the next, in all inputs.
  index stride() const { return policy_.row_stride; }
  template <class Scalar>
  static bool is_contiguous(const matrix_view<Scalar>& tensor) {
    return tensor.column_stride == 1 &&
           (tensor.columns >= lane_count<T> || tensor.row_stride == tensor.columns);
  }

  bool has_reference() const { return reference_.data != nullptr; }
  /// Whether there is more than policy and reference.
  bool has_more() const {
    return relevance_.data != nullptr || lengths_.data != nullptr || log_q_.data != nullptr;
  }

  template <bool HasReference>
  memory_row<T, HasReference> row(index b) const {
    return {at(policy_, b), at(reference_, b), at(relevance_, b), at(lengths_, b), at(log_q_, b)};
  }

 private:
  static matrix_view<const scalar> optional(const tensor_ref<const scalar>& tensor) {
    return tensor ? *tensor : matrix_view<const scalar>{};
  }
  static const scalar* at(const matrix_view<const scalar>& tensor, index b) {
    return tensor.data != nullptr ? tensor.data + b * tensor.row_stride : nullptr;
  }

  matrix_view<const scalar> policy_, reference_, relevance_, lengths_, log_q_;
};

/// How rows lie to packs: a pack or longer; two candidates; other lengths shorter than a pack.
enum class row_shape { packs, pairs, other };

/// Calls `visit(shape as a constant)`: what runs per shape is a function of its own, with nothing of the others in it.
template <class Pack, class Visit>
[[gnu::always_inline]] inline void with_row_shape(index candidates, const Visit& visit) {
  if (candidates >= lane_count<Pack>)
    visit(std::integral_constant<row_shape, row_shape::packs>{});
  else if (candidates == 2)
    visit(std::integral_constant<row_shape, row_shape::pairs>{});
  else
    visit(std::integral_constant<row_shape, row_shape::other>{});
}

/// Moves N numbers an example between contiguous rows and lanes, for as many examples as there are lanes. Memory is read
/// and written in packs: of a row or, if rows are shorter than a pack and lie one behind the other, across rows.
/// \tparam Pack of more than one lane
template <class Pack>
class lane_transposition {
 public:
  using scalar = scalar_t<Pack>;
  static constexpr int lanes = lane_count<Pack>;

  /// \param stride from a row to the next
  lane_transposition(index candidates, index stride, scratch& memory)
      : n_(candidates), stride_(stride), memory_(memory) {}

  /// \tparam Shape of the rows, `shape_of(candidates)`
  /// \param read   (i, offset) → the i-th pack, at this distance from the first row's start
  /// \param write  (i, k, x): candidate k of every example, each once; i counts, 0 at candidate 0
  template <row_shape Shape, class Read, class Write>
  [[gnu::always_inline]] void load(const Read& read, const Write& write) {
    if constexpr (Shape == row_shape::packs)
      load_long(read, write);
    else if constexpr (Shape == row_shape::pairs)
      load_pairs(read, write);
    else
      load_short(read, write);
  }

  /// \param value k → candidate k of every example
  /// \param write (offset, stride, packs, fresh): packs from this distance on, a stride apart, whose lanes from `fresh`
  ///              on were not written before
  template <row_shape Shape, class Value, class Write>
  [[gnu::always_inline]] void store(const Value& value, const Write& write) {
    if constexpr (Shape == row_shape::packs)
      store_long(value, write);
    else if constexpr (Shape == row_shape::pairs)
      store_pairs(value, write);
    else
      store_short(value, write);
  }

 private:
  template <class Read, class Write>
  [[gnu::always_inline]] void load_long(const Read& read, const Write& write) {
    for (index first = 0; first < n_; first += lanes) {
      const index k = first + lanes <= n_ ? first : n_ - lanes;
      Pack block[lanes];
      unroll<lanes>([&](auto i) __attribute__((always_inline)) { block[i] = read(i, i * stride_ + k); });
      transpose(block);
      const auto pass_on = [&](auto i) __attribute__((always_inline)) { write(i, k + i, block[i]); };
      if (k == first)
        unroll<lanes>(pass_on);
      else
        unroll<lanes>([&](auto i) __attribute__((always_inline)) {
          if (k + i >= first) pass_on(i);
        });
    }
  }
  template <class Value, class Write>
  [[gnu::always_inline]] void store_long(const Value& value, const Write& write) {
    for (index first = 0; first < n_; first += lanes) {
      const index k = first + lanes <= n_ ? first : n_ - lanes;
      if (k < 0) __builtin_unreachable();  // only one of those that follow is candidate 0
      Pack block[lanes];
      unroll<lanes>([&](auto i) __attribute__((always_inline)) { block[i] = value(k + i); });
      transpose(block);
      write(k, stride_, block, static_cast<int>(first - k));
    }
  }

  /// N = 2: memory holds two packs, whose scalars belong to either candidate in turn.
  template <class Read, class Write>
  [[gnu::always_inline]] void load_pairs(const Read& read, const Write& write) {
    Pack a = read(std::integral_constant<int, 0>{}, 0), b = read(std::integral_constant<int, 1>{}, lanes);
    split_pairs(a, b, std::make_integer_sequence<int, lanes>{});
    write(std::integral_constant<int, 0>{}, 0, a);
    write(std::integral_constant<int, 1>{}, 1, b);
  }
  template <class Value, class Write>
  [[gnu::always_inline]] void store_pairs(const Value& value, const Write& write) {
    Pack a = value(0), b = value(1);
    join_pairs(a, b, std::make_integer_sequence<int, lanes>{});
    const Pack both[] = {a, b};
    write(0, lanes, both, 0);
  }

  /// Other short rows: through a copy in which a pack may reach beyond its row.
  template <class Read, class Write>
  [[gnu::always_inline]] void load_short(const Read& read, const Write& write) {
    scalar* const copy = padded();
    for (index j = 0; j < n_; ++j) store_pack(read(0, j * lanes), copy + j * lanes);
    Pack block[lanes];
    unroll<lanes>([&](auto i) { block[i] = load_pack<scalar, lanes>(copy + i * n_); });
    transpose(block);
    for (index k = 0; k < n_; ++k) write(std::integral_constant<int, 0>{}, k, block[k]);
  }
  template <class Value, class Write>
  [[gnu::always_inline]] void store_short(const Value& value, const Write& write) {
    scalar* const copy = padded();
    Pack block[lanes];
    for (int k = 0; k < lanes; ++k) block[k] = k < n_ ? value(k) : Pack(0);
    transpose(block);
    for (int i = 0; i < lanes; ++i)
      store_pack(block[i], copy + i * n_);  // in order: each mends the one before
    for (index j = 0; j < n_; ++j) {
      const Pack one[] = {load_pack<scalar, lanes>(copy + j * lanes)};
      write(j * lanes, 0, one, 0);
    }
  }
  scalar* padded() {
    Pack* const memory = memory_.take<Pack>(n_ + 1);
    memory[n_] = Pack(0);
    return reinterpret_cast<scalar*>(memory);
  }

  index n_, stride_;
  scratch& memory_;
};

}  // namespace prefopt::detail
