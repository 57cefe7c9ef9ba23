#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include <prefopt/batch.hpp>
#include <prefopt/detail/is_order.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/traits.hpp>

/// \file
/// What `evaluate` refuses, one check each.

namespace prefopt::detail {

inline constexpr std::string_view here = "evaluate";

template <class Scalar>
bool is_finite(Scalar x) {
  return x - x == 0;
}

/// The batch with its scores, if it has such, as the policy: from here on there is only that.
template <class Scalar>
batch<Scalar> resolve(batch<Scalar> batch) {
  require(!batch.policy || !batch.scores, here, "policy and scores are given, expected one of them");
  if (batch.scores) batch.policy = batch.scores;
  return batch;
}
/// What the caller called the policy.
template <class Scalar>
std::string_view name_of_policy(const batch<Scalar>& resolved) {
  return resolved.scores ? "scores" : "policy";
}

template <class Scalar>
void check_scores(const batch<Scalar>& batch, bool needs_log_probabilities) {
  require(!needs_log_probabilities, here,
          "scores is given, but this objective needs log-probabilities: give them as policy");
  require(!batch.lengths, here,
          "lengths is given with scores, but lengths belong to log-probabilities: give them as policy");
}

template <class Scalar>
void check_same_shape(const tensor_ref<Scalar>& tensor, index rows, index columns, std::string_view name,
                      std::string_view policy) {
  if (!tensor) return;
  const bool same = tensor->rows == rows && tensor->columns == columns;
  if (!same)
    fail(here, name, " is ", shape_text(tensor->rows, tensor->columns), ", expected ",
         shape_text(rows, columns), " (the shape of ", policy, ")");
}

/// A [B] argument as a column; without data if it is absent.
template <class Scalar>
matrix_view<Scalar> optional_column(const tensor_ref<Scalar>& values, index rows, std::string_view name) {
  return values ? as_column(*values, rows, here, name) : matrix_view<Scalar>{};
}

/// An input that the objective needs is there, and one that it does not read is not.
template <class Scalar>
void check_inputs(const batch<Scalar>& batch, inputs reads, inputs needs) {
  const auto check = [&](bool given, inputs one, std::string_view name) {
    require(!given || contains(reads, one), here, name, " is given, but this objective does not read it");
    require(given || !contains(needs, one), here, name, " is absent, but this objective needs it");
  };
  check(bool(batch.order), inputs::order, "order");
  check(bool(batch.relevance), inputs::relevance, "relevance");
  check(bool(batch.lengths), inputs::lengths, "lengths");
  check(bool(batch.log_q), inputs::log_q, "log_q");
  check(bool(batch.kl), inputs::kl, "kl");
  check(bool(batch.beta), inputs::beta, "beta");
  check(bool(batch.hardness), inputs::hardness, "hardness");
  check(bool(batch.log_collision), inputs::log_collision, "log_collision");
}

/// Numbers that are finite and above (or at) 0.
template <class Scalar>
void check_positive(const matrix_view<const Scalar>& values, bool zero_too, std::string_view name) {
  for (index b = 0; b < values.rows; ++b) {
    const Scalar value = values(b, 0);
    require(is_finite(value) && (value > 0 || (zero_too && value == 0)), here, name, "[", b, "] is ",
            static_cast<double>(value), ", expected a finite value ", zero_too ? "of at least 0" : "above 0");
  }
}

template <class Scalar>
void check_finite(const matrix_view<const Scalar>& values, std::string_view name) {
  for (index b = 0; b < values.rows; ++b)
    require(is_finite(values(b, 0)), here, name, "[", b, "] is ", static_cast<double>(values(b, 0)),
            ", expected a finite value");
}

inline void check_counts(const matrix_view<const std::int32_t>& counts, index rejected) {
  for (index b = 0; b < counts.rows; ++b)
    require(counts(b, 0) >= 0 && counts(b, 0) <= rejected, here, "counts[", b, "] is ", counts(b, 0),
            ", expected a value in [0, ", rejected, "]");
}

/// Nobody divides by a length of 0: every candidate that is not masked has one above it. (Scores that are yet to be
/// computed have no data.)
template <class Scalar>
void check_lengths(const batch<Scalar>& batch, const matrix_view<const std::int32_t>& counts,
                   index components) {
  using computed = computed_t<Scalar>;
  constexpr computed infinity = std::numeric_limits<computed>::infinity();
  if (!batch.lengths || batch.policy->data == nullptr) return;
  const auto masked = [&](index b, index k) {
    return k > 0 && ((counts.data != nullptr && k > counts(b, 0)) ||
                     computed((*batch.policy)(b, k * components)) == -infinity);
  };
  for (index b = 0; b < batch.lengths->rows; ++b)
    for (index k = 0; k < batch.lengths->columns; ++k) {
      const computed length = (*batch.lengths)(b, k);
      require(!(length <= 0) || masked(b, k), here, "lengths[", b, ", ", k, "] is ",
              static_cast<double>(length), ", expected a value above 0");
    }
}

/// Each row of `order` names every column once.
inline void check_order(const tensor_ref<const std::int32_t>& order) {
  if (!order) return;
  if (order->columns <= 64 && is_order(*order)) return;
  thread_local std::vector<index> last_row_with;  // kept, so that nothing is allocated in the steady state
  last_row_with.assign(static_cast<std::size_t>(order->columns), -1);
  for (index b = 0; b < order->rows; ++b)
    for (index k = 0; k < order->columns; ++k) {
      const std::int32_t column = (*order)(b, k);
      require(column >= 0 && column < order->columns, here, "order[", b, ", ", k, "] is ", column,
              ", expected a column in [0, ", order->columns, ")");
      index& last = last_row_with[static_cast<std::size_t>(column)];
      require(last != b, here, "order[", b, ", ", k, "] is ", column, ", which this row already has");
      last = b;
    }
}

/// Marks are 0 or 1, and somebody looks at them.
inline void check_marks(const tensor_ref<const std::int32_t>& marks, bool looked_at) {
  if (!marks) return;
  require(looked_at, here, "false_negatives is given, but options.diagnostics is off");
  for (index b = 0; b < marks->rows; ++b)
    for (index k = 0; k < marks->columns; ++k)
      require((*marks)(b, k) == 0 || (*marks)(b, k) == 1, here, "false_negatives[", b, ", ", k, "] is ",
              (*marks)(b, k), ", expected 0 or 1");
}

/// The whole batch has room for this part of it, and somebody to add the parts up.
inline void check_share(const batch_share& share, index rows) {
  if (share.rows == 0) return;
  require(share.first_row >= 0 && share.first_row + rows <= share.rows, here, "share says rows ",
          share.first_row, " to ", share.first_row + rows, " of ", share.rows,
          ", expected a part of the whole batch");
  require(share.all_reduce != nullptr || rows == share.rows, here,
          "share.all_reduce is absent, but the batch is ", rows, " rows of ", share.rows);
}

/// Can a loss with these traits work on rows of N candidates?
inline void check_candidates(const losses::loss_traits& traits, index rows, index candidates,
                             std::string_view policy) {
  using losses::rejected;
  const auto refuse = [&](const char* expected) {
    fail(here, policy, " is ", shape_text(rows, candidates), expected);
  };
  if (traits.candidates == rejected::one && candidates != 2)
    refuse(", expected [B, 2]: this objective compares the preferred item with one rejected item");
  if (traits.candidates == rejected::several && candidates < 2)
    refuse(", expected [B, 1 + K] with K >= 1: column 0 is the preferred item, the others are rejected");
}

/// Throws for the score that made row `b` unusable, in column `c` of the policy.
template <class Scalar>
[[noreturn]] void fail_non_finite(const batch<Scalar>& batch, index components, index b, index c) {
  const Scalar policy = (*batch.policy)(b, c);
  if (!is_finite(policy))
    fail(here, name_of_policy(batch), "[", b, ", ", c, "] is ", static_cast<double>(policy),
         ", expected a finite score (or -inf for a rejected item, to mask it)");
  const index candidate = c / components;
  const auto blame = [&](const tensor_ref<const Scalar>& tensor, std::string_view name) {
    if (tensor && !is_finite((*tensor)(b, candidate)))
      fail(here, name, "[", b, ", ", candidate, "] is ", static_cast<double>((*tensor)(b, candidate)),
           ", expected a finite value");
  };
  blame(batch.reference, "reference");
  blame(batch.relevance, "relevance");
  blame(batch.lengths, "lengths");
  blame(batch.log_q, "log_q");
  fail(here, "kl[", b, "] is not finite, expected a finite value");
}

}  // namespace prefopt::detail
