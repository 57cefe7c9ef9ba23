#pragma once

#include <cstdint>
#include <limits>

#include <prefopt/detail/dense.hpp>
#include <prefopt/detail/grades.hpp>
#include <prefopt/detail/reorder.hpp>
#include <prefopt/detail/rows_ahead.hpp>
#include <prefopt/detail/scratch.hpp>
#include <prefopt/row.hpp>

namespace prefopt::detail {

/// A full tile, one example per lane, of a batch with contiguous rows: rewards are formed on the way from memory to
/// lanes, any other input is loaded when a part asks for it.
/// \tparam T       a pack
/// \tparam Ordered the batch has an order
template <class T, bool Ordered>
class dense_tile {
 public:
  using scalar = scalar_t<T>;
  using mask = mask_t<T>;
  static constexpr int lanes = lane_count<T>;

  /// One tile after the other: `start` says which.
  dense_tile(const dense_inputs<T>& inputs, const batch<scalar>& batch, const plan<scalar>& plan,
             const tensor_ref<scalar>& gradient, scratch& memory)
      : inputs_(inputs), batch_(batch), plan_(plan), gradient_(gradient), memory_(memory) {
    row_.candidates = plan.candidates;
    row_.scratch = &memory_;
    row_.loader = this;
    row_.load = [](void* self, row_input which) { static_cast<dense_tile*>(self)->load(which); };
    const auto later = [&](bool given, row_input input) {
      if (given) given_ |= static_cast<unsigned>(input);
    };
    later(true, row_input::policy);
    later(plan.has_reference, row_input::reference);
    later(bool(batch.relevance), row_input::relevance);
    later(bool(batch.lengths), row_input::lengths);
    later(bool(batch.log_q), row_input::log_q);
    later(Ordered || plan.graded, row_input::preferred);
  }
  dense_tile(const dense_tile&) = delete;
  dense_tile& operator=(const dense_tile&) = delete;

  /// The examples from `first` on.
  void start(index first) {
    first_ = first;
    finite_ = true;
    memory_.restart();
    row_.pending = given_;
    row_.kl = one_per_example(plan_.kl);
    row_.beta = one_per_example(plan_.beta);
    row_.hardness = one_per_example(plan_.hardness);
    row_.log_collision = one_per_example(plan_.log_collision);
  }

  row_memory<T>& row() { return row_; }

  /// strength · reward for each candidate in the row's order; `finite()` tells whether all inputs were.
  template <class Reward>
  column<read_array<T>> form(const Reward& reward, const T& strength) {
    T* const rewards = memory_.take<T>(plan_.candidates);
    with_row_shape<T>(plan_.candidates, [&](auto shape) {
      if constexpr (!reference_free<Reward>)
        if (inputs_.has_reference()) return form<shape, true>(reward, strength, rewards);
      form<shape, false>(reward, strength, rewards);
    });
    return {{rewards}};
  }
  bool finite() const { return finite_; }

  /// One number per candidate in the row's order → [B, N], written or added.
  void store(const T* values, const matrix_view<scalar>& tensor, bool accumulate) {
    with_row_shape<T>(plan_.candidates, [&](auto shape) {
      if (Ordered || accumulate)
        scatter<shape>(values, tensor, accumulate);
      else
        write<shape>(values, tensor);
    });
  }

  [[gnu::noinline]] T load(const matrix_view<const scalar>& values) const {
    T result(0);
    for (int i = 0; i < lanes; ++i) set_lane(result, i, values(first_ + i, 0));
    return result;
  }

 private:
  template <row_shape Shape, bool HasReference, class Reward>
  [[gnu::noinline]] void form(const Reward& reward, const T strength, T* rewards) {
    const auto values = reward.value(inputs_.template row<HasReference>(first_));
    T trace(0), sums[2] = {T(0), T(0)}, tops[2] = {lowest(), lowest()};
    const auto read = [&](auto, index offset) __attribute__((always_inline)) { return values.at(offset); };
    const auto write = [&](auto turn, index k, const T& x) __attribute__((always_inline)) {
      const T r = strength * x;
      rewards[k] = r;
      if (turn == 0 && k == 0) {
        trace = x;
      } else {
        sums[turn & 1] = sums[turn & 1] + r;
        tops[turn & 1] = max(tops[turn & 1], r);
      }
    };
    if constexpr (Ordered)
      load_ordered<Shape>(read, write);
    else
      lane_transposition<T>(plan_.candidates, inputs_.stride(), memory_).template load<Shape>(read, write);
    row_.formed = Ordered ? nullptr : rewards;
    row_.formed_sum = sums[0] + sums[1];
    row_.formed_max = max(tops[0], tops[1]);
    trace = multiply_add(trace, T(0), row_.formed_sum * T(0));
    finite_ = !any(!(trace == T(0))) && (row_.kl == nullptr || !any(!(*row_.kl - *row_.kl == T(0))));
    if (inputs_.has_more()) finite_ = finite_ && more_is_finite();
  }
  static T lowest() { return T(-std::numeric_limits<scalar>::infinity()); }

  /// Nothing masked by its grade, either.
  bool more_is_finite() const {
    for (index i = 0; i < lanes; ++i) {
      const auto row = inputs_.template row<true>(first_ + i);
      if (plan_.graded)
        for (index k = 0; k < plan_.candidates; ++k)
          if (row.relevance_values[k] == masked_grade) return false;
      const scalar* const more[] = {row.relevance_values, row.lengths_values, row.log_q_values};
      for (const scalar* input : more)
        if (input != nullptr)
          for (index k = 0; k < plan_.candidates; ++k)
            if (!(input[k] - input[k] == 0)) return false;
    }
    return true;
  }

  const T* one_per_example(const matrix_view<const scalar>& values) {
    if (values.data == nullptr) return nullptr;
    T* const value = memory_.take<T>(1);
    *value = load(values);
    return value;
  }

  /// Rows in memory's order, then in the batch's, then transposed.
  template <row_shape Shape, class Read, class Write>
  void load_ordered(const Read& read, const Write& write) {
    const index n = plan_.candidates;
    scalar* const rows = padded_rows();
    if (n < lanes)
      for (index offset = 0; offset < n * lanes; offset += lanes) store_pack(read(0, offset), rows + offset);
    else
      for (index i = 0; i < lanes; ++i)
        for (index start = 0; start < n; start += lanes) {
          const index k = start + lanes <= n ? start : n - lanes;
          store_pack(read(0, i * inputs_.stride() + k), rows + i * n + k);
        }
    scalar* const ordered = padded_rows();
    for (index i = 0; i < lanes; ++i) {
      const std::int32_t* const order = &(*batch_.order)(first_ + i, 0);
      reorder<T>(rows + i * n, order, n, ordered + i * n);
      if (gradient_) prefetch(&(*gradient_)(first_ + i, 0), n * static_cast<index>(sizeof(scalar)));
    }
    lane_transposition<T>(n, n, memory_)
        .template load<Shape>([=](auto, index offset) { return load_pack<scalar, lanes>(ordered + offset); },
                              write);
  }
  /// Room for rows of which a pack may reach beyond the last.
  scalar* padded_rows() { return memory_.take<scalar>((plan_.candidates + 1) * lanes + reorder_reach<T>); }

  template <row_shape Shape>
  [[gnu::noinline]] void write(const T* values, const matrix_view<scalar>& tensor) {
    to_rows<Shape>(values, tensor.data + first_ * tensor.row_stride, tensor.row_stride);
  }
  template <row_shape Shape>
  [[gnu::always_inline]] void to_rows(const T* values, scalar* start, index stride) {
    lane_transposition<T>(plan_.candidates, stride, memory_)
        .template store<Shape>(
            [=](index k) __attribute__((always_inline)) { return values[k]; }, [=
    ](index offset, const T& x, int) __attribute__((always_inline)) { store_pack(x, start + offset); });
  }
  /// By way of rows of our own, where they are to be added or belong elsewhere.
  template <row_shape Shape>
  [[gnu::noinline]] void scatter(const T* values, const matrix_view<scalar>& tensor, bool accumulate) {
    const index n = plan_.candidates;
    scalar* const rows = padded_rows();
    to_rows<Shape>(values, rows, n);
    for (index i = 0; i < lanes; ++i) {
      const std::int32_t* const order = Ordered ? &(*batch_.order)(first_ + i, 0) : nullptr;
      const scalar* const from = rows + i * n;
      scalar* const to = &tensor(first_ + i, 0);
      const auto place = [=](index k) -> scalar& { return to[Ordered ? order[k] : k]; };
      if (accumulate)
        for (index k = 0; k < n; ++k) place(k) += from[k];
      else
        for (index k = 0; k < n; ++k) place(k) = from[k];
    }
  }

  void load(row_input which) {
    if (which == row_input::preferred) return find_preferred();
    const auto rows = inputs_.template row<true>(first_);
    if (which == row_input::policy) row_.policy = from_rows(rows.policy_values);
    if (which == row_input::reference) row_.reference = from_rows(rows.reference_values);
    if (which == row_input::relevance) row_.relevance = from_rows(rows.relevance_values);
    if (which == row_input::lengths) row_.lengths = from_rows(rows.lengths_values);
    if (which == row_input::log_q) row_.log_q = from_rows(rows.log_q_values);
  }
  /// An input, candidate by candidate: seldom asked for, and short.
  const T* from_rows(const scalar* start) {
    T* const values = memory_.take<T>(plan_.candidates);
    for (int i = 0; i < lanes; ++i)
      for (index k = 0; k < plan_.candidates; ++k)
        set_lane(values[k], i, start[i * inputs_.stride() + (Ordered ? (*batch_.order)(first_ + i, k) : k)]);
    return values;
  }
  void find_preferred() {
    mask* const preferred = memory_.take<mask>(plan_.candidates);
    row_.preferred = preferred;
    if (plan_.graded) return mark_highest_grade(array_row<T, row_masks::preferred>(row_), preferred);
    for (index k = 0; k < plan_.candidates; ++k) preferred[k] = mask(false);
    for (int i = 0; i < lanes; ++i) {
      const std::int32_t* const order = &(*batch_.order)(first_ + i, 0);
      index place = 0;  // a sum over all, without a branch to guess
      for (index k = 0; k < plan_.candidates; ++k) place += order[k] == 0 ? k : 0;
      set_lane(preferred[place], i, true);
    }
  }

  const dense_inputs<T>& inputs_;
  const batch<scalar>& batch_;
  const plan<scalar>& plan_;
  const tensor_ref<scalar>& gradient_;
  index first_ = 0;
  scratch& memory_;
  row_memory<T> row_{};
  unsigned given_ = 0;  ///< inputs that there are, as bits of `row_input`
  bool finite_ = true;
};

}  // namespace prefopt::detail
