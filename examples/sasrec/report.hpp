#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evaluation.hpp"
#include "log.hpp"

/// \file
/// What a run says about itself: tables to read and JSON to keep.

namespace sasrec {

/// Columns of text, aligned: the first to the left, the others to the right. The first row is the heading,
/// and a line is drawn under it.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

struct metrics_row {
  std::string name;
  ranking_metrics metrics;
};

/// A table with one row for each entry, of all metrics.
std::string metrics_table(std::span<const metrics_row> rows);

/// One line: what a log is and holds.
std::string describe(const std::filesystem::path& path, const interaction_log& log);

/// 12345678 as 12,345,678.
std::string with_commas(std::size_t number);

/// Seconds as people say them: `0.8 s`, `42 s`, `3 min 5 s`, `2 h 10 min`.
std::string duration_text(double seconds);

/// The metrics of one evaluation as JSON: protocol, users, cases, hr@1, hr@5, ..., mrr, auc.
std::string metrics_json(std::string_view protocol, std::size_t users, const ranking_metrics& metrics);

/// Writes `metrics_json` to a file, under a temporary name that is then renamed. Throws `file_error`.
void write_metrics(const std::filesystem::path& path, std::string_view protocol, std::size_t users,
                   const ranking_metrics& metrics);

}  // namespace sasrec
