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
    for (const auto* values : {&plan.kl, &plan.beta, &plan.hardness, &plan.log_collision})
      has_numbers_ = has_numbers_ || values->data != nullptr;
  }
  dense_tile(const dense_tile&) = delete;
  dense_tile& operator=(const dense_tile&) = delete;

  /// The examples from `first` on.
  /// \param ahead the inputs of the tile after this one
  [[gnu::always_inline]] void start(index first, const rows_ahead& ahead) {
    first_ = first;
    row_.ahead = ahead;
    finite_ = true;
    memory_.restart();
    row_.pending = given_;
    if (has_numbers_) load_numbers();
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
  [[gnu::always_inline]] void store(const T* values, const matrix_view<scalar>& tensor, bool accumulate) {
    if constexpr (Ordered)
      scatter(values, tensor, accumulate);
    else
      with_row_shape<T>(plan_.candidates,
                        [&](auto shape) { store_in_place<shape>(values, tensor, accumulate); });
  }
  /// `value(k)` for each candidate of a row in place, of a pack or longer, is written without a stop in between.
  template <class Value>
  [[gnu::always_inline]] void store_packs(const Value& value, const matrix_view<scalar>& tensor) {
    const bool ask_for_next = row_.ahead.policy != nullptr && plan_.candidates > longest_short_row;
    scalar* const start = tensor.data + first_ * tensor.row_stride;
    const auto put = [=](index offset, index stride, const auto& packs, int) __attribute__((always_inline)) {
      scalar* const first = start + offset;
      unroll<lanes>([&](auto i) __attribute__((always_inline)) { store_pack(packs[i], first + i * stride); });
      if (ask_for_next)
        for (index i = lanes; i < 2 * lanes; ++i) prefetch(first + i * stride, sizeof(T));
    };
    transposition(tensor).template store<row_shape::packs>(value, put);
  }

  [[gnu::noinline]] T load(const matrix_view<const scalar>& values) const {
    T result(0);
    for (int i = 0; i < lanes; ++i) set_lane(result, i, values(first_ + i, 0));
    return result;
  }

 private:
  /// Behind this the memory is asked while a gradient is written for where the next one goes.
  static constexpr index longest_short_row = 3 * lanes;

  template <row_shape Shape, bool HasReference, class Reward>
  [[gnu::noinline]] void form(const Reward& reward, const T strength, T* rewards) {
    const auto values = reward.value(inputs_.template row<HasReference>(first_));
    const auto read = [&](auto, index offset) __attribute__((always_inline)) { return values.at(offset); };
    if constexpr (Ordered)
      form_ordered<Shape>(read, strength, rewards);
    else
      form_in_place<Shape>(read, strength, rewards);
    row_.formed = plan_.graded ? nullptr : rewards;
    const T trace = multiply_add(row_.formed_preferred, T(0), row_.formed_sum * T(0));
    finite_ = !any(!(trace == T(0))) && (row_.kl == nullptr || !any(!(*row_.kl - *row_.kl == T(0))));
    if (inputs_.has_more()) finite_ = finite_ && more_is_finite();
  }
  template <row_shape Shape, class Read>
  [[gnu::always_inline]] void form_in_place(const Read& read, const T& strength, T* rewards) {
    T first(0), sums[2] = {T(0), T(0)}, tops[2] = {lowest(), lowest()};
    const bool asks = Shape == row_shape::packs && holds_gradient();
    const auto write = [&](auto turn, index k, const T& x) __attribute__((always_inline)) {
      if (turn == 0 && asks) ask_for_gradient(k);
      const T r = strength * x;
      rewards[k] = r;
      if (turn == 0 && k == 0) {
        first = r;
      } else {
        sums[turn & 1] = sums[turn & 1] + r;
        tops[turn & 1] = max(tops[turn & 1], r);
      }
    };
    lane_transposition<T>(plan_.candidates, inputs_.stride(), memory_).template load<Shape>(read, write);
    row_.formed_preferred = first;
    row_.formed_sum = sums[0] + sums[1];
    row_.formed_max = max(tops[0], tops[1]);
  }
  /// The preferred candidate stands anywhere: it is known by its reward, unless others have the same.
  template <row_shape Shape, class Read>
  [[gnu::always_inline]] void form_ordered(const Read& read, const T& strength, T* rewards) {
    T first(0), sum(0), top = lowest(), others_alike(-1);
    const scalar* const ordered = order_rows(read, first);
    const T preferred = strength * first;
    const auto write = [&](auto, index k, const T& x) __attribute__((always_inline)) {
      const T r = strength * x;
      const auto alike = r == preferred;
      rewards[k] = r;
      sum = sum + select(alike, T(0), r);
      top = select(alike, top, max(top, r));
      others_alike = others_alike + select(alike, T(1), T(0));
    };
    lane_transposition<T>(plan_.candidates, plan_.candidates, memory_)
        .template load<Shape>([=](auto, index offset) { return load_pack<scalar, lanes>(ordered + offset); },
                              write);
    row_.formed_preferred = preferred;
    row_.formed_sum = multiply_add(others_alike, preferred, sum);
    row_.formed_max = select(others_alike > T(0), max(top, preferred), top);
  }
  static T lowest() { return T(-std::numeric_limits<scalar>::infinity()); }

  /// Whether the first-level cache can hold the tile's gradient beside what the rows compute, and does not hold it by
  /// itself: a tile of shorter rows is one piece of memory.
  bool holds_gradient() const {
    constexpr index largest_tile = 12 << 10;  // bytes
    return gradient_ && plan_.candidates > lanes &&
           plan_.candidates * static_cast<index>(sizeof(T)) <= largest_tile;
  }
  /// For the packs from candidate k on.
  [[gnu::always_inline]] void ask_for_gradient(index k) const {
    for (index i = 0; i < lanes; ++i) prefetch_to_write(&(*gradient_)(first_ + i, k), sizeof(T));
  }

  /// Nothing masked by its grade, either.
  [[gnu::noinline]] bool more_is_finite() const {
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

  [[gnu::noinline]] void load_numbers() {
    row_.kl = one_per_example(plan_.kl);
    row_.beta = one_per_example(plan_.beta);
    row_.hardness = one_per_example(plan_.hardness);
    row_.log_collision = one_per_example(plan_.log_collision);
  }
  const T* one_per_example(const matrix_view<const scalar>& values) {
    if (values.data == nullptr) return nullptr;
    T* const value = memory_.take<T>(1);
    *value = load(values);
    return value;
  }

  /// What is read from memory, row behind row, each in its order.
  /// \param first of each row, before it is reordered
  template <class Read>
  [[gnu::always_inline]] const scalar* order_rows(const Read& read, T& first) {
    const index n = plan_.candidates;
    scalar* const ordered = padded_rows(lanes);
    if (gradient_)
      for (index i = 0; i < lanes; ++i)
        prefetch_to_write(&(*gradient_)(first_ + i, 0), n * static_cast<index>(sizeof(scalar)));
    if (n < lanes)
      order_short_rows(read, first, ordered);
    else
      order_long_rows(read, first, ordered);
    return ordered;
  }
  template <class Read>
  [[gnu::always_inline]] void order_short_rows(const Read& read, T& first, scalar* ordered) {
    const index n = plan_.candidates;
    scalar* const copy = padded_rows(lanes);
    for (index offset = 0; offset < n * lanes; offset += lanes) store_pack(read(0, offset), copy + offset);
    for (int i = 0; i < lanes; ++i) {
      const std::int32_t* const order = order_of(i);
      for (index k = 0; k < n; ++k) ordered[i * n + k] = copy[i * n + order[k]];
      set_lane(first, i, copy[i * n]);
    }
  }
  template <class Read>
  [[gnu::always_inline]] void order_long_rows(const Read& read, T& first, scalar* ordered) {
    const index n = plan_.candidates;
    scalar* const copy = padded_rows(1);
    for (int i = 0; i < lanes; ++i) {
      const auto row = [&](index k) __attribute__((always_inline)) {
        return read(0, i * inputs_.stride() + k);
      };
      reorder<T>(row, order_of(i), n, copy, ordered + i * n);
      set_lane(first, i, lane(row(0), 0));
    }
  }
  /// Room for rows of which a pack may reach beyond the last.
  scalar* padded_rows(index count) { return memory_.take<scalar>(plan_.candidates * count + lanes); }
  const std::int32_t* order_of(index i) const { return &(*batch_.order)(first_ + i, 0); }

  template <row_shape Shape>
  [[gnu::noinline]] void store_in_place(const T* values, const matrix_view<scalar>& tensor,
                                        bool accumulate) const {
    transposition(tensor).template store<Shape>([=](index k) { return values[k]; },
                                                places(tensor, accumulate));
  }
  lane_transposition<T> transposition(const matrix_view<scalar>& tensor) const {
    return {plan_.candidates, tensor.row_stride, memory_};
  }
  /// What writes packs to a tensor, or adds them.
  auto places(const matrix_view<scalar>& tensor, bool accumulate) const {
    return [start = tensor.data + first_ * tensor.row_stride, accumulate](index offset, index stride,
                                                                          const auto& packs, int fresh) {
      const auto is_fresh = lane_numbers<T>() >= T(static_cast<scalar>(fresh));
      scalar* to = start + offset;
      for (const T& x : packs) {
        store_pack(accumulate ? load_pack<scalar, lanes>(to) + select(is_fresh, x, T(0)) : x, to);
        to += stride;
      }
    };
  }
  /// Number by number: they belong anywhere in their rows.
  [[gnu::noinline]] void scatter(const T* values, const matrix_view<scalar>& tensor, bool accumulate) const {
    for (int i = 0; i < lanes; ++i) {
      const std::int32_t* const order = order_of(i);
      const scalar* const from = reinterpret_cast<const scalar*>(values) + i;
      scalar* const to = &tensor(first_ + i, 0);
      if (accumulate)
        each_candidate([=](index k) { to[order[k]] += from[k * lanes]; });
      else
        each_candidate([=](index k) { to[order[k]] = from[k * lanes]; });
    }
  }
  /// Four at a time: counting would take longer than the work.
  template <class Visit>
  [[gnu::always_inline]] void each_candidate(const Visit& visit) const {
    index k = 0;
    for (; k + 4 <= plan_.candidates; k += 4) unroll<4>([&](auto i) { visit(k + i); });
    for (; k < plan_.candidates; ++k) visit(k);
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
        set_lane(values[k], i, start[i * inputs_.stride() + (Ordered ? order_of(i)[k] : k)]);
    return values;
  }
  void find_preferred() {
    mask* const preferred = memory_.take<mask>(plan_.candidates);
    row_.preferred = preferred;
    if (plan_.graded) return mark_highest_grade(array_row<T, row_masks::preferred>(row_), preferred);
    for (index k = 0; k < plan_.candidates; ++k) preferred[k] = mask(false);
    for (int i = 0; i < lanes; ++i) {
      const std::int32_t* const order = order_of(i);
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
  unsigned given_ = 0;        ///< inputs that there are, as bits of `row_input`
  bool has_numbers_ = false;  ///< one per example
  bool finite_ = true;
};

}  // namespace prefopt::detail
