#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// Text files as the program sees them: whole, plain or gzipped, line by line, with errors that name the
/// line.

namespace sasrec {

/// Something is wrong with a file. The text starts with the file as the user named it, and with the line
/// where there is one: `u.data:7: expected ..., found ...`.
class file_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads a file into memory. gzip is recognised by its first bytes, whatever the name; a UTF-8 byte order
/// mark at the start is dropped. Throws `file_error` if the file cannot be read or is cut short.
std::string read_text(const std::filesystem::path& path);

/// Writes `text` under a temporary name in the same directory and renames it to `path`, so that a reader sees
/// the old file or the whole new one. Throws `file_error`.
void write_text_atomically(const std::filesystem::path& path, std::string_view text);

/// A line without its line end (LF or CR LF); lines are numbered from 1.
struct text_line {
  std::size_t number = 0;
  std::string_view text;
};

/// Walks over the lines of a text that hold more than white space. The text must outlive the lines.
class line_reader {
 public:
  explicit line_reader(std::string_view text) : rest_(text) {}

  /// The next line that is not blank; nothing at the end.
  std::optional<text_line> next();

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

/// Throws `file_error("path:line: what")`.
[[noreturn]] void fail_at(const std::filesystem::path& path, std::size_t line, const std::string& what);

/// Splits at every run of spaces and TABs; none at the ends. `fields` is overwritten.
void split_at_spaces(std::string_view line, std::vector<std::string_view>& fields);

/// Splits at every occurrence of `separator`; empty fields count. `fields` is overwritten.
void split_at(std::string_view line, std::string_view separator, std::vector<std::string_view>& fields);

/// Splits comma-separated values (RFC 4180, without line ends inside a field). The quotes around a field are
/// dropped, doubled quotes inside it stay doubled. False if a quote is not closed or text follows it.
bool split_csv(std::string_view line, std::vector<std::string_view>& fields);

/// The number that is the whole of `field`, if it is one and finite.
std::optional<double> parse_number(std::string_view field);

}  // namespace sasrec
