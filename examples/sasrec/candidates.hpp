#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "ids.hpp"
#include "split.hpp"

/// \file
/// Whom a target is ranked against when it is not the whole catalogue: given or drawn candidates.

namespace sasrec {

/// What a candidate file holds, record by record; items by number.
struct candidate_records {
  std::vector<std::vector<std::int32_t>> histories;   ///< oldest first, never empty
  std::vector<std::vector<std::int32_t>> candidates;  ///< distinct, the target among them
  std::vector<std::int32_t> targets;
  std::size_t users = 0;  ///< distinct users; as many as records if the file names none

  std::size_t size() const { return targets.size(); }

  /// The records as questions. They point into this object, which must outlive them and stay where it is.
  std::vector<ranking_case> cases() const;
};

/// Reads JSON lines, plain or gzipped, one record a line:
///
///     {"user": 7, "history": [392, 225], "candidates": [33, 576, 4332], "target": 576}
///
/// Ids are numbers or strings and are looked up in `items`; `user` may be missing, other members are ignored.
/// Throws `file_error` naming file, line and what is wrong: a missing member, an id that is not in `items`, a
/// candidate that is given twice, a target that is not a candidate or is in its own history.
candidate_records read_candidates(const std::filesystem::path& path, const id_table& items);

/// For each case its target and `negatives` other items, drawn uniformly and without repetition from those
/// that are neither in its history nor the target; all of them if there are not so many. The draw depends on
/// `seed` and the position of the case alone.
std::vector<std::vector<std::int32_t>> sample_candidates(std::span<const ranking_case> cases,
                                                         std::int32_t items, int negatives,
                                                         std::uint64_t seed);

}  // namespace sasrec
