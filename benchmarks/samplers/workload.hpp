#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <prefopt/tensor.hpp>

namespace bench {

/// Users with histories of 50 items, and where their negatives go.
struct workload {
  static constexpr prefopt::index users = 256, negatives_per_user = 64;
  static constexpr std::size_t history_length = 50;

  explicit workload(std::int64_t num_items);

  auto matrix() { return prefopt::as_matrix(drawn, users, negatives_per_user); }
  std::span<std::int32_t> row(std::size_t user) {
    return std::span(drawn).subspan(user * negatives_per_user, negatives_per_user);
  }

  /// How many of the negatives drawn last are no items or, if that counts, in the user's history.
  std::int64_t violations(bool histories_excluded = true);

  std::int32_t items;
  std::vector<std::vector<std::int32_t>> lists;  ///< ascending
  std::vector<std::int32_t> positives;           ///< the first of each list
  std::vector<double> counts;                    ///< Zipf's law: the popularity of a catalogue
  std::vector<std::int32_t> drawn = std::vector<std::int32_t>(users * negatives_per_user);
};

}  // namespace bench
