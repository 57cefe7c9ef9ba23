#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>

/// \file
/// What items are called.

namespace sasrec {

/// Item id to title, in UTF-8.
using title_map = std::unordered_map<std::string, std::string>;

/// Reads titles, recognised by the first line:
///   - `id|title|...` (MovieLens 100K's u.item);
///   - `id::title::...` (movies.dat);
///   - a comma-separated header with a title column, and an id column before it (movies.csv);
///   - `id TAB title` or, with more columns, the first one after the id that is no number on the first line.
/// Text that is not UTF-8 is taken as ISO 8859-1, the encoding of u.item. Throws `file_error` naming file and
/// line.
title_map read_titles(const std::filesystem::path& path);

}  // namespace sasrec
