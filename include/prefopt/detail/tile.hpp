#pragma once

#include <cstdint>
#include <limits>

#include <prefopt/batch.hpp>
#include <prefopt/detail/plan.hpp>
#include <prefopt/detail/transpose.hpp>
#include <prefopt/row.hpp>
#include <prefopt/workspace.hpp>

/// \file
/// The way of a few examples, one per lane, from the caller's tensors into a row and back.

namespace prefopt::detail {

/// The examples [first, first + count) of a batch; a tile that is not full repeats its last example.
template <class T, class Differentiator = default_differentiator<T>>
class tile {
 public:
  using scalar = scalar_t<T>;
  using mask = mask_t<T>;
  static constexpr int lanes = lane_count<T>;

  tile(const batch<scalar>& batch, const plan<scalar>& plan, non_finite policy, index first,
       task_memory<T, Differentiator>& memory)
      : batch_(batch),
        plan_(plan),
        first_(first),
        count_(plan.rows - first < lanes ? static_cast<int>(plan.rows - first) : lanes),
        memory_(memory) {
    memory_.numbers.restart();
    memory_.masks.restart();
    memory_.plain.restart();
    row_.candidates = plan.candidates;
    row_.numbers = &memory_.numbers;
    row_.masks = &memory_.masks;
    row_.plain = &memory_.plain;
    load(policy);
  }

  row_memory<T>& row() { return row_; }
  index first() const { return first_; }
  int count() const { return count_; }
  /// Lanes whose example has a score that is neither finite nor a mask.
  const mask& broken() const { return broken_; }
  /// Lanes whose example has an unmasked rejected candidate.
  const mask& has_rejected() const { return has_rejected_; }
  /// The example in a lane.
  index example(int lane) const { return first_ + (lane < count_ ? lane : count_ - 1); }

  /// The [B] input's values for this tile.
  T load_examples(const matrix_view<const scalar>& values) const {
    T result(0);
    for (int lane = 0; lane < lanes; ++lane) set_lane(result, lane, values(example(lane), 0));
    return result;
  }

  /// The tensor's column of candidate `k` in a lane.
  index column(int lane, index k) const { return plan_.ordered ? (*batch_.order)(example(lane), k) : k; }

  /// Writes (or adds) one number per candidate and component to the caller's tensor.
  void store(const T* values, const matrix_view<scalar>& destination, bool accumulate) const {
    if (walks_in_blocks(destination, plan_.components) && count_ == lanes)
      store_blocks(values, destination, accumulate);
    else
      store_singly(values, destination, accumulate);
  }

  /// The first broken score of this tile, for the error message: row and column of the policy tensor.
  void find_broken(index& bad_row, index& bad_column) const {
    for (int lane_index = 0; lane_index < count_; ++lane_index) {
      if (!lane(broken_, lane_index)) continue;
      bad_row = first_ + lane_index;
      for (bad_column = 0; bad_column < batch_.policy->columns; ++bad_column)
        if (is_broken(bad_row, bad_column)) return;
    }
  }

 private:
  void load(non_finite policy) {
    row_.policy = gather(*batch_.policy, plan_.components);
    row_.reference = gather(batch_.reference);
    row_.relevance = gather(batch_.relevance);
    row_.lengths = gather(batch_.lengths);
    row_.log_q = gather(batch_.log_q);
    row_.kl = gather_examples(plan_.kl);
    row_.beta = gather_examples(plan_.beta);
    find_preferred();
    find_masked();
    find_non_finite();
    if (policy == non_finite::skip && any(broken_)) make_harmless(broken_);
  }

  const T* gather(const tensor_ref<const scalar>& tensor) { return tensor ? gather(*tensor, 1) : nullptr; }
  T* gather(const matrix_view<const scalar>& tensor, index components) {
    T* values = memory_.numbers.take(components * row_.candidates);
    if (walks_in_blocks(tensor, components))
      load_blocks(tensor, values);
    else
      load_singly(tensor, components, values);
    return values;
  }

  void load_singly(const matrix_view<const scalar>& tensor, index components, T* values) const {
    const index n = row_.candidates;
    for (index component = 0; component < components; ++component)
      for (index k = 0; k < n; ++k)
        for (int i = 0; i < lanes; ++i)
          set_lane(values[component * n + k], i, tensor(example(i), column(i, k) * components + component));
  }
  void store_singly(const T* values, const matrix_view<scalar>& destination, bool accumulate) const {
    const index n = row_.candidates;
    for (int i = 0; i < count_; ++i)
      for (index component = 0; component < plan_.components; ++component)
        for (index k = 0; k < n; ++k) {
          const scalar value = lane(values[component * n + k], i);
          scalar& place = destination(first_ + i, column(i, k) * plan_.components + component);
          place = accumulate ? place + value : value;
        }
  }

  /// Whether rows can be read a pack at a time: contiguous, in their own order, and long enough.
  template <class Scalar>
  bool walks_in_blocks(const matrix_view<Scalar>& tensor, index components) const {
    return lanes > 1 && !plan_.ordered && components == 1 && tensor.column_stride == 1 &&
           tensor.columns >= lanes;
  }
  /// Calls `visit(first column)` for blocks that cover all columns; the last one overlaps where it has to.
  template <class Visit>
  void each_block(const Visit& visit) const {
    const index n = row_.candidates;
    for (index first = 0; first < n; first += lanes) visit(first + lanes <= n ? first : n - lanes);
  }
  void load_blocks(const matrix_view<const scalar>& tensor, T* values) const {
    if constexpr (lanes > 1)
      each_block([&](index first) {
        T block[lanes];
        for (int i = 0; i < lanes; ++i) block[i] = load_pack<scalar, lanes>(&tensor(example(i), first));
        transpose(block);
        for (int i = 0; i < lanes; ++i) values[first + i] = block[i];
      });
  }
  void store_blocks(const T* values, const matrix_view<scalar>& destination, bool accumulate) const {
    if constexpr (lanes > 1) {
      index done = 0;
      each_block([&](index first) {
        T block[lanes];
        // Columns that the block before has added already must not be added twice.
        for (int i = 0; i < lanes; ++i) block[i] = accumulate && first + i < done ? T(0) : values[first + i];
        transpose(block);
        for (int i = 0; i < lanes; ++i) {
          scalar* place = &destination(first_ + i, first);
          store_pack(accumulate ? load_pack<scalar, lanes>(place) + block[i] : block[i], place);
        }
        done = first + lanes;
      });
    }
  }

  const T* gather_examples(const matrix_view<const scalar>& values) {
    if (values.data == nullptr) return nullptr;
    T* value = memory_.numbers.take(1);
    *value = load_examples(values);
    return value;
  }

  void find_preferred() {
    if (!plan_.ordered) return;
    mask* preferred = memory_.masks.take(row_.candidates);
    for (index k = 0; k < row_.candidates; ++k)
      for (int lane = 0; lane < lanes; ++lane) set_lane(preferred[k], lane, column(lane, k) == 0);
    row_.preferred = preferred;
  }

  /// −inf in the policy, or a place behind the row's count, masks a rejected candidate.
  void find_masked() {
    const index n = row_.candidates;
    mask found(false);
    for (index i = 0; i < n * plan_.components; ++i) found = found | is_minus_infinity(row_.policy[i]);
    has_rejected_ = mask(n > 1);
    if (plan_.counts.data == nullptr && !any(found)) return;

    const array_row<T> row(row_);
    mask* valid = memory_.masks.take(n);
    has_rejected_ = mask(false);
    for (index k = 0; k < n; ++k) {
      mask masked = is_minus_infinity(row_.policy[k]);
      if (plan_.counts.data != nullptr) masked = masked | beyond_count(k);
      const mask preferred = row.is_preferred().at(k);
      valid[k] = preferred | !masked;
      has_rejected_ = has_rejected_ | (valid[k] & !preferred);
    }
    row_.valid = valid;
    for (index k = 0; k < n; ++k) fill(k, !valid[k]);
  }

  mask beyond_count(index k) const {
    mask beyond(false);
    for (int lane = 0; lane < lanes; ++lane)
      set_lane(beyond, lane, column(lane, k) > plan_.counts(example(lane), 0));
    return beyond;
  }

  void find_non_finite() {
    const index n = row_.candidates;
    broken_ = mask(false);
    for (index i = 0; i < n * plan_.components; ++i) broken_ = broken_ | !has_value(row_.policy[i]);
    for (const T* values : {row_.reference, row_.relevance, row_.lengths, row_.log_q})
      if (values != nullptr)
        for (index k = 0; k < n; ++k) broken_ = broken_ | !has_value(values[k]);
    if (row_.kl != nullptr) broken_ = broken_ | !has_value(*row_.kl);
  }

  /// A number that every reward is finite at, a log-probability too.
  static constexpr int harmless = -1;

  /// Overwrites candidate k in these lanes: what is masked must not overflow on its way to being ignored.
  void fill(index k, const mask& where) {
    const index n = row_.candidates;
    const auto overwrite = [&](const T* values, int with) {
      T& place = const_cast<T*>(values)[k];
      place = select(where, T(static_cast<scalar>(with)), place);
    };
    for (index component = 0; component < plan_.components; ++component)
      overwrite(row_.policy + component * n, harmless);
    if (row_.reference != nullptr) overwrite(row_.reference, harmless);
    if (row_.relevance != nullptr) overwrite(row_.relevance, 0);
    if (row_.lengths != nullptr) overwrite(row_.lengths, 1);
    if (row_.log_q != nullptr) overwrite(row_.log_q, 0);
  }
  void make_harmless(const mask& where) {
    for (index k = 0; k < row_.candidates; ++k) fill(k, where);
    if (row_.kl != nullptr) {
      T& kl = const_cast<T&>(*row_.kl);
      kl = select(where, T(0), kl);
    }
  }

  static mask is_minus_infinity(const T& x) { return x == T(-std::numeric_limits<scalar>::infinity()); }
  static mask has_value(const T& x) { return (x - x) == T(0); }

  bool is_broken(index b, index c) const {
    const index k = c / plan_.components;
    const bool beyond = plan_.counts.data != nullptr && k > plan_.counts(b, 0);
    const scalar first = (*batch_.policy)(b, k * plan_.components);
    if (k > 0 && (beyond || first == -std::numeric_limits<scalar>::infinity())) return false;
    bool finite = is_finite((*batch_.policy)(b, c));
    for (const auto& tensor : {batch_.reference, batch_.relevance, batch_.lengths, batch_.log_q})
      if (tensor) finite = finite && is_finite((*tensor)(b, k));
    if (plan_.kl.data != nullptr) finite = finite && is_finite(plan_.kl(b, 0));
    return !finite;
  }

  const batch<scalar>& batch_;
  const plan<scalar>& plan_;
  index first_;
  int count_;
  task_memory<T, Differentiator>& memory_;
  row_memory<T> row_{};
  mask broken_{};
  mask has_rejected_{};
};

}  // namespace prefopt::detail
