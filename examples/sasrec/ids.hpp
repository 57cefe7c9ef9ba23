#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// \file
/// Ids as files write them, numbered in the order in which they are met.

namespace sasrec {

/// A two-way map between ids (any text) and the numbers 0, 1, 2, ...
class id_table {
 public:
  id_table() = default;

  /// Numbers `names` in their order; they must be distinct.
  explicit id_table(const std::vector<std::string>& names) {
    for (const std::string& name : names) intern(name);
  }

  /// The number of `id`, which is a new one if the id is.
  std::int32_t intern(std::string_view id) {
    if (const auto known = numbers_.find(id); known != numbers_.end()) return known->second;
    const auto number = static_cast<std::int32_t>(names_.size());
    numbers_.emplace(id, number);
    names_.emplace_back(id);
    return number;
  }

  std::optional<std::int32_t> find(std::string_view id) const {
    const auto known = numbers_.find(id);
    return known == numbers_.end() ? std::nullopt : std::optional(known->second);
  }

  std::size_t size() const { return names_.size(); }

  /// Gives the names away; the table is empty afterwards.
  std::vector<std::string> take_names() {
    numbers_.clear();
    return std::exchange(names_, {});
  }

 private:
  /// Looks up a string_view without making a string of it.
  struct text_hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::unordered_map<std::string, std::int32_t, text_hash, std::equal_to<>> numbers_;
  std::vector<std::string> names_;
};

}  // namespace sasrec
