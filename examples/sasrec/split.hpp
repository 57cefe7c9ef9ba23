#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "log.hpp"

/// \file
/// What is learnt from, and what is asked afterwards.

namespace sasrec {

/// A question: what comes next, after this history? The history belongs to somebody else, usually the log.
struct ranking_case {
  std::span<const std::int32_t> history;  ///< oldest first; its items are not candidates
  std::int32_t target = 0;
  std::int32_t user = -1;  ///< the user's number in the log; -1 if she is not in it
};

struct data_split {
  std::vector<std::vector<std::int32_t>> train;  ///< [users], in the log's order
  std::vector<ranking_case> validation;          ///< history: what is learnt from
  std::vector<ranking_case> test;                ///< history: that and the validation item
};

/// Kang & McAuley 2018, section IV: a user's last interaction is the test target, the one before it the
/// validation target, the rest is learnt from. A user with fewer than three interactions is only learnt from.
/// The histories of the cases point into the log, which must outlive them.
inline data_split split_leave_one_out(const interaction_log& log) {
  data_split split;
  split.train.reserve(log.sequences.size());
  for (std::size_t u = 0; u < log.sequences.size(); ++u) {
    const auto& sequence = log.sequences[u];
    const auto user = static_cast<std::int32_t>(u);
    const std::size_t held_out = sequence.size() < 3 ? 0 : 2;
    const std::size_t learnt = sequence.size() - held_out;
    const std::span all(sequence);
    split.train.emplace_back(sequence.begin(), sequence.begin() + static_cast<std::ptrdiff_t>(learnt));
    if (held_out == 0) continue;
    split.validation.push_back({all.first(learnt), sequence[learnt], user});
    split.test.push_back({all.first(learnt + 1), sequence[learnt + 1], user});
  }
  return split;
}

/// Everything is learnt from and nothing is asked: for tests on users who are not in the log.
inline data_split split_nothing(const interaction_log& log) {
  return {.train = log.sequences, .validation = {}, .test = {}};
}

/// How often each of `items` items occurs.
inline std::vector<std::int64_t> count_items(const std::vector<std::vector<std::int32_t>>& sequences,
                                             std::int32_t items) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(items), 0);
  for (const auto& sequence : sequences)
    for (const std::int32_t item : sequence) ++counts[static_cast<std::size_t>(item)];
  return counts;
}

}  // namespace sasrec
