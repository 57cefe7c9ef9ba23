#include "titles.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "text_file.hpp"

namespace sasrec {
namespace {

using field_list = std::vector<std::string_view>;

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead >= 0x80 && (lead < 0xC2 || lead > 0xF4)) return false;
    if (i + length > text.size()) return false;
    for (std::size_t j = i + 1; j < i + length; ++j)
      if ((static_cast<unsigned char>(text[j]) & 0xC0) != 0x80) return false;
    i += length;
  }
  return true;
}

std::string utf8_of_latin1(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x80) {
      result += c;
    } else {
      result += static_cast<char>(0xC0 | (code >> 6));
      result += static_cast<char>(0x80 | (code & 0x3F));
    }
  }
  return result;
}

std::string in_utf8(std::string_view text) {
  return is_utf8(text) ? std::string(text) : utf8_of_latin1(text);
}

/// Inside a quoted CSV field, a quote is written twice.
std::string without_doubled_quotes(std::string text) {
  for (std::size_t at = text.find("\"\""); at != std::string::npos; at = text.find("\"\"", at + 1))
    text.erase(at, 1);
  return text;
}

struct layout {
  std::string_view separator;
  std::size_t title = 1;
  std::size_t id = 0;
  bool header = false;

  bool split(std::string_view line, field_list& fields) const {
    if (separator == ",") return split_csv(line, fields);
    split_at(line, separator, fields);
    return true;
  }
};

layout layout_of(const std::filesystem::path& path, const text_line& first) {
  field_list fields;
  const auto contains = [&](std::string_view separator) {
    return first.text.find(separator) != std::string_view::npos;
  };
  if (contains("::")) return {"::"};
  if (contains("\t")) {
    split_at(first.text, "\t", fields);
    const auto text = std::find_if(fields.begin() + 1, fields.end(),
                                   [](std::string_view field) { return !parse_number(field); });
    return {"\t", text == fields.end() ? 1 : static_cast<std::size_t>(text - fields.begin())};
  }
  if (split_csv(first.text, fields)) {
    const auto title = std::find(fields.begin(), fields.end(), "title");
    if (title != fields.end() && title != fields.begin())
      return {.separator = ",", .title = static_cast<std::size_t>(title - fields.begin()), .header = true};
  }
  if (contains("|")) return {"|"};
  fail_at(path, first.number,
          fmt::format("expected id|title, id::title, id<TAB>title or a header id,title, found '{}'",
                      first.text.substr(0, 60)));
}

}  // namespace

title_map read_titles(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  line_reader reader(text);
  const auto first = line_reader(text).next();
  if (!first) throw file_error(fmt::format("{}: holds no title", path.string()));
  const layout columns = layout_of(path, *first);
  if (columns.header) reader.next();

  title_map titles;
  field_list fields;
  while (const auto line = reader.next()) {
    if (!columns.split(line->text, fields) || fields.size() <= columns.title || fields[columns.id].empty())
      fail_at(path, line->number,
              fmt::format("expected an id and a title separated by '{}', found '{}'",
                          columns.separator == "\t" ? "<TAB>" : columns.separator, line->text.substr(0, 60)));
    std::string title = in_utf8(fields[columns.title]);
    if (columns.separator == ",") title = without_doubled_quotes(std::move(title));
    titles.emplace(fields[columns.id], std::move(title));
  }
  return titles;
}

}  // namespace sasrec
