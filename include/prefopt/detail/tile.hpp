#pragma once

#include <cstdint>
#include <limits>

#include <prefopt/batch.hpp>
#include <prefopt/detail/grades.hpp>
#include <prefopt/detail/lane_transfer.hpp>
#include <prefopt/detail/plan.hpp>
#include <prefopt/row.hpp>

namespace prefopt::detail {

/// A row of a few examples, one per lane, loaded from the batch: what is masked, and what is broken, is
/// known.
template <class T>
class tile {
 public:
  using scalar = scalar_t<T>;
  using mask = mask_t<T>;
  static constexpr int lanes = lane_count<T>;

  tile(const batch<scalar>& batch, const plan<scalar>& plan, non_finite policy, index first, index last,
       scratch& memory)
      : batch_(batch), plan_(plan), transfer_(batch, plan, first, last), memory_(memory) {
    memory_.restart();
    row_.candidates = plan.candidates;
    row_.scratch = &memory_;
    load();
    find_preferred();
    find_masked_and_broken();
    if (plan_.graded) find_highest_grade();
    find_rejected();
    if (policy == non_finite::skip && any(broken_)) make_harmless(broken_);
  }

  row_memory<T>& row() { return row_; }
  const lane_transfer<T>& transfer() const { return transfer_; }
  index first() const { return transfer_.first(); }
  int count() const { return transfer_.count(); }
  /// Lanes whose example has a score that is neither finite nor a mask.
  const mask& broken() const { return broken_; }
  /// Lanes whose example has an unmasked rejected candidate.
  const mask& has_rejected() const { return has_rejected_; }

  /// The first broken score of this tile, for the error message: row and column of the policy tensor.
  void find_broken(index& bad_row, index& bad_column) const {
    for (int i = 0; i < count(); ++i) {
      if (!lane(broken_, i)) continue;
      bad_row = first() + i;
      for (bad_column = 0; bad_column < batch_.policy->columns; ++bad_column)
        if (is_broken(bad_row, bad_column)) return;
    }
  }

 private:
  void load() {
    row_.policy = gather(batch_.policy, plan_.components);
    row_.ahead = {row_.policy,
                  row_.policy};  // of those that follow nothing is known: what is asked for is here already
    if (plan_.has_reference) row_.reference = gather(batch_.reference);
    row_.relevance = gather(batch_.relevance);
    row_.lengths = gather(batch_.lengths);
    row_.log_q = gather(batch_.log_q);
    row_.kl = gather(plan_.kl);
    row_.beta = gather(plan_.beta);
    row_.hardness = gather(plan_.hardness);
    row_.log_collision = gather(plan_.log_collision);
  }
  const T* gather(const tensor_ref<const scalar>& tensor, index components = 1) {
    if (!tensor) return nullptr;
    T* values = memory_.take<T>(components * plan_.candidates);
    transfer_.load(*tensor, components, values);
    return values;
  }
  const T* gather(const matrix_view<const scalar>& values) {
    if (values.data == nullptr) return nullptr;
    T* value = memory_.take<T>(1);
    *value = transfer_.load(values);
    return value;
  }

  void find_preferred() {
    if (!plan_.ordered || plan_.graded) return;
    mask* preferred = memory_.take<mask>(plan_.candidates);
    for (index k = 0; k < plan_.candidates; ++k)
      for (int i = 0; i < lanes; ++i) set_lane(preferred[k], i, transfer_.column(i, k) == 0);
    row_.preferred = preferred;
  }

  void find_highest_grade() {
    mask* preferred = memory_.take<mask>(plan_.candidates);
    mark_highest_grade(array_row<T>(row_), preferred);
    row_.preferred = preferred;
  }
  void find_rejected() {
    has_rejected_ = mask(plan_.candidates > 1);
    if (row_.valid == nullptr) return;
    const array_row<T> row(row_);
    has_rejected_ = row.any(!row.is_preferred());
  }

  void find_masked_and_broken() {
    broken_ = without_value();
    if (plan_.counts.data == nullptr && !any(broken_) && !any(padded())) return;  // as nearly always
    find_masked();
    broken_ = without_value();
  }
  /// Lanes with a candidate that its grade masks.
  mask padded() const {
    mask found(false);
    if (plan_.graded)
      for (index k = 0; k < plan_.candidates; ++k) found = found | (row_.relevance[k] == T(masked_grade));
    return found;
  }

  /// Lanes with an input that is not finite.
  mask without_value() const {
    mask found(false);
    const auto look = [&](const T* values, index count) {
      if (values == nullptr) return;
      for (index i = 0; i < count; ++i) found = found | !((values[i] - values[i]) == T(0));
    };
    look(row_.policy, plan_.candidates * plan_.components);
    const T* const more[] = {row_.reference, row_.relevance, row_.lengths, row_.log_q};
    for (const T* values : more) look(values, plan_.candidates);
    look(row_.kl, 1);
    return found;
  }

  /// −inf in the policy, or a place behind the row's count, masks a rejected candidate; so does the grade −1, in a
  /// graded list any candidate.
  void find_masked() {
    const array_row<T> row(row_);
    mask* valid = memory_.take<mask>(plan_.candidates);
    for (index k = 0; k < plan_.candidates; ++k) {
      mask masked = row_.policy[k] == T(-std::numeric_limits<scalar>::infinity());
      if (plan_.counts.data != nullptr) masked = masked | beyond_count(k);
      if (plan_.graded)
        valid[k] = !(masked | (row_.relevance[k] == T(masked_grade)));
      else
        valid[k] = row.is_preferred().at(k) | !masked;
      fill(k, !valid[k]);
    }
    row_.valid = valid;
  }
  mask beyond_count(index k) const {
    mask beyond(false);
    for (int i = 0; i < lanes; ++i)
      set_lane(beyond, i, transfer_.column(i, k) > plan_.counts(transfer_.example(i), 0));
    return beyond;
  }

  /// Overwrites candidate k in these lanes with numbers at which every reward is finite: what is masked must
  /// not overflow on its way to being ignored.
  void fill(index k, const mask& where) {
    const auto overwrite = [&](const T* values, int with) {
      if (values == nullptr) return;
      T& place = const_cast<T*>(values)[k];
      place = select(where, T(static_cast<scalar>(with)), place);
    };
    constexpr int log_probability = -1;
    for (index component = 0; component < plan_.components; ++component)
      overwrite(row_.policy + component * plan_.candidates, log_probability);
    overwrite(row_.reference, log_probability);
    overwrite(row_.relevance, 0);
    overwrite(row_.lengths, 1);
    overwrite(row_.log_q, 0);
  }
  void make_harmless(const mask& where) {
    for (index k = 0; k < plan_.candidates; ++k) fill(k, where);
    if (row_.kl != nullptr) {
      T& kl = const_cast<T&>(*row_.kl);
      kl = select(where, T(0), kl);
    }
  }

  bool is_broken(index b, index c) const {
    const index k = c / plan_.components;
    const bool beyond = plan_.counts.data != nullptr && k > plan_.counts(b, 0);
    const scalar first = (*batch_.policy)(b, k * plan_.components);
    const bool masked = beyond || first == -std::numeric_limits<scalar>::infinity();
    if (plan_.graded ? masked || (*batch_.relevance)(b, k) == masked_grade : masked && k > 0) return false;
    bool finite = is_finite((*batch_.policy)(b, c));
    if (plan_.has_reference) finite = finite && is_finite((*batch_.reference)(b, k));
    const tensor_ref<const scalar> more[] = {batch_.relevance, batch_.lengths, batch_.log_q};
    for (const auto& tensor : more)
      if (tensor) finite = finite && is_finite((*tensor)(b, k));
    if (plan_.kl.data != nullptr) finite = finite && is_finite(plan_.kl(b, 0));
    return !finite;
  }

  const batch<scalar>& batch_;
  const plan<scalar>& plan_;
  lane_transfer<T> transfer_;
  scratch& memory_;
  row_memory<T> row_{};
  mask broken_{};
  mask has_rejected_{};
};

}  // namespace prefopt::detail
