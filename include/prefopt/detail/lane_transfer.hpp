#pragma once

#include <prefopt/batch.hpp>
#include <prefopt/detail/plan.hpp>
#include <prefopt/detail/transpose.hpp>

namespace prefopt::detail {

/// The way between the caller's tensors and lanes, for the examples [first, last), as many as there are
/// lanes or fewer: one example per lane, and the last one repeated in the lanes that are left.
template <class T>
class lane_transfer {
 public:
  using scalar = scalar_t<T>;
  static constexpr int lanes = lane_count<T>;

  lane_transfer(const batch<scalar>& batch, const plan<scalar>& plan, index first, index last)
      : batch_(batch), plan_(plan), first_(first), count_(static_cast<int>(last - first)) {}

  index first() const { return first_; }
  int count() const { return count_; }
  /// The example in a lane.
  index example(int lane) const { return first_ + (lane < count_ ? lane : count_ - 1); }
  /// The tensor's column of candidate `k` in a lane.
  index column(int lane, index k) const { return plan_.ordered ? (*batch_.order)(example(lane), k) : k; }

  /// [B, N · components] → [components][N] lanes.
  void load(const matrix_view<const scalar>& tensor, index components, T* values) const {
    if (walks_in_blocks(tensor, components))
      load_blocks(tensor, values);
    else
      load_singly(tensor, components, values);
  }
  /// [B, 1] → lanes.
  T load(const matrix_view<const scalar>& values) const {
    T result(0);
    for (int i = 0; i < lanes; ++i) set_lane(result, i, values(example(i), 0));
    return result;
  }
  /// [components][N] lanes → [B, N · components], written or added.
  void store(const T* values, const matrix_view<scalar>& tensor, bool accumulate) const {
    if (walks_in_blocks(tensor, plan_.components) && count_ == lanes)
      store_blocks(values, tensor, accumulate);
    else
      store_singly(values, tensor, accumulate);
  }

 private:
  /// Whether rows can be read a pack at a time: contiguous, in their own order, and long enough.
  template <class Scalar>
  bool walks_in_blocks(const matrix_view<Scalar>& tensor, index components) const {
    return lanes > 1 && !plan_.ordered && components == 1 && tensor.column_stride == 1 &&
           tensor.columns >= lanes;
  }
  /// Calls `visit(first column)` for blocks that cover all columns; the last one overlaps where it has to.
  template <class Visit>
  void each_block(const Visit& visit) const {
    const index n = plan_.candidates;
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
  void store_blocks(const T* values, const matrix_view<scalar>& tensor, bool accumulate) const {
    if constexpr (lanes > 1) {
      index done = 0;
      each_block([&](index first) {
        T block[lanes];
        // Columns that the block before has added already must not be added twice.
        for (int i = 0; i < lanes; ++i) block[i] = accumulate && first + i < done ? T(0) : values[first + i];
        transpose(block);
        for (int i = 0; i < lanes; ++i) {
          scalar* place = &tensor(first_ + i, first);
          store_pack(accumulate ? load_pack<scalar, lanes>(place) + block[i] : block[i], place);
        }
        done = first + lanes;
      });
    }
  }

  void load_singly(const matrix_view<const scalar>& tensor, index components, T* values) const {
    const index n = plan_.candidates;
    for (int i = 0; i < lanes; ++i) {
      const scalar* const row = &tensor(example(i), 0);
      for (index component = 0; component < components; ++component)
        for (index k = 0; k < n; ++k)
          set_lane(values[component * n + k], i,
                   row[place(i, k, component, components) * tensor.column_stride]);
    }
  }
  void store_singly(const T* values, const matrix_view<scalar>& tensor, bool accumulate) const {
    const index n = plan_.candidates;
    for (int i = 0; i < count_; ++i) {
      scalar* const row = &tensor(first_ + i, 0);
      for (index component = 0; component < plan_.components; ++component)
        for (index k = 0; k < n; ++k) {
          scalar& to = row[place(i, k, component, plan_.components) * tensor.column_stride];
          const scalar value = lane(values[component * n + k], i);
          to = accumulate ? to + value : value;
        }
    }
  }
  /// The tensor's column of one component of candidate `k` in a lane.
  index place(int lane, index k, index component, index components) const {
    return column(lane, k) * components + component;
  }

  const batch<scalar>& batch_;
  const plan<scalar>& plan_;
  index first_;
  int count_;
};

}  // namespace prefopt::detail
