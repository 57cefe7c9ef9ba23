#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "log.hpp"
#include "text_file.hpp"

namespace sasrec {
namespace {

constexpr std::array<std::pair<log_format, std::string_view>, 7> format_names{{
    {log_format::automatic, "auto"},
    {log_format::u_data, "u.data"},
    {log_format::ratings_csv, "csv"},
    {log_format::ratings_dat, "dat"},
    {log_format::inter, "inter"},
    {log_format::sequences, "sequences"},
    {log_format::pairs, "pairs"},
}};

/// An integer of 9 to 11 digits: the seconds since 1970, for any time from 1973 to the year 5138.
bool looks_like_unix_time(std::string_view field) {
  return field.size() >= 9 && field.size() <= 11 && field.front() != '0' &&
         std::all_of(field.begin(), field.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// How many lines look like what.
struct line_counts {
  std::size_t lines = 0, colons = 0, commas = 0, two_fields = 0, ratings = 0;
  bool user_repeats = false;
};

line_counts count_lines(std::string_view text) {
  line_counts count;
  std::unordered_set<std::string_view> users;
  std::vector<std::string_view> fields;
  line_reader reader(text);
  while (const auto line = reader.next()) {
    ++count.lines;
    if (line->text.find("::") != std::string_view::npos) ++count.colons;
    if (line->text.find(',') != std::string_view::npos) ++count.commas;
    split_at_spaces(line->text, fields);
    if (!users.insert(fields[0]).second) count.user_repeats = true;
    if (fields.size() == 2) ++count.two_fields;
    const bool separated_by_tabs = std::count(line->text.begin(), line->text.end(), '\t') == 3;
    if (fields.size() == 4 && (separated_by_tabs || looks_like_unix_time(fields[3]))) ++count.ratings;
  }
  return count;
}

}  // namespace

std::string_view name_of(log_format format) {
  return std::find_if(format_names.begin(), format_names.end(),
                      [&](const auto& entry) { return entry.first == format; })
      ->second;
}

log_format log_format_named(std::string_view name) {
  std::string names;
  for (const auto& [format, known] : format_names) {
    if (known == name) return format;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", known);
  }
  throw std::invalid_argument(fmt::format("unknown log format '{}', expected one of {}", name, names));
}

log_format detect_format(std::string_view text) {
  const auto first = line_reader(text).next();
  if (first && first->text.find(":token") != std::string_view::npos) return log_format::inter;
  const line_counts count = count_lines(text);
  const auto most = [&](std::size_t lines) { return 2 * lines > count.lines; };
  if (most(count.colons)) return log_format::ratings_dat;
  if (most(count.commas)) return log_format::ratings_csv;
  if (most(count.ratings)) return log_format::u_data;
  if (most(count.two_fields) && count.user_repeats) return log_format::pairs;
  return log_format::sequences;
}

}  // namespace sasrec
