#include "text_file.hpp"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

namespace sasrec {
namespace {

constexpr std::string_view white_space = " \t\r\v\f";

[[noreturn]] void fail_with_errno(const std::filesystem::path& path, std::string_view action) {
  const int error = errno;
  throw file_error(fmt::format("{}: cannot {}: {}", path.string(), action,
                               error == 0 ? "unknown reason" : std::strerror(error)));
}

struct close_gzip {
  void operator()(gzFile file) const { gzclose(file); }
};
using gzip_file = std::unique_ptr<gzFile_s, close_gzip>;

struct close_file {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using file_handle = std::unique_ptr<std::FILE, close_file>;

void drop_byte_order_mark(std::string& text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
}

}  // namespace

std::string read_text(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path))
    throw file_error(fmt::format("{}: is a directory, expected a file", path.string()));
  errno = 0;
  const gzip_file file(gzopen(path.c_str(), "rb"));
  if (!file) fail_with_errno(path, "open");

  std::string text;
  std::vector<char> buffer(1 << 18);
  int count = 0;
  while ((count = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()))) > 0)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  // A file that ends inside its gzip stream reads as a short one; only gzerror tells.
  int error = Z_OK;
  gzerror(file.get(), &error);
  if (error == Z_ERRNO) fail_with_errno(path, "read");
  if (error != Z_OK && error != Z_STREAM_END)
    throw file_error(fmt::format("{}: the gzip data is {}", path.string(),
                                 error == Z_BUF_ERROR ? "cut short" : "damaged"));
  drop_byte_order_mark(text);
  return text;
}

void write_text_atomically(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::path temporary = path;
  temporary += fmt::format(".tmp.{}", getpid());
  errno = 0;
  const auto remove_and_fail = [&](std::string_view action) {
    const int error = errno;
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    errno = error;
    fail_with_errno(path, action);
  };
  file_handle file(std::fopen(temporary.c_str(), "wb"));
  if (!file) fail_with_errno(path, "write");
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size()) remove_and_fail("write");
  // fclose writes what is still buffered: a full disk may show only here.
  if (std::fclose(file.release()) != 0) remove_and_fail("write");
  if (std::rename(temporary.c_str(), path.c_str()) != 0) remove_and_fail("rename the temporary file to it");
}

std::optional<text_line> line_reader::next() {
  while (!rest_.empty()) {
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(white_space) != std::string_view::npos) return text_line{number_, line};
  }
  return std::nullopt;
}

void fail_at(const std::filesystem::path& path, std::size_t line, const std::string& what) {
  throw file_error(fmt::format("{}:{}: {}", path.string(), line, what));
}

void split_at_spaces(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (std::size_t begin = line.find_first_not_of(white_space); begin != std::string_view::npos;) {
    const std::size_t end = line.find_first_of(white_space, begin);
    fields.push_back(line.substr(begin, end - begin));
    begin = end == std::string_view::npos ? end : line.find_first_not_of(white_space, end);
  }
}

void split_at(std::string_view line, std::string_view separator, std::vector<std::string_view>& fields) {
  fields.clear();
  for (std::size_t begin = 0;;) {
    const std::size_t end = line.find(separator, begin);
    fields.push_back(line.substr(begin, end - begin));
    if (end == std::string_view::npos) return;
    begin = end + separator.size();
  }
}

bool split_csv(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (std::size_t begin = 0;;) {
    std::size_t end = begin;
    if (begin < line.size() && line[begin] == '"') {
      for (end = line.find('"', begin + 1); end != std::string_view::npos && line.substr(end, 2) == "\"\"";)
        end = line.find('"', end + 2);
      if (end == std::string_view::npos) return false;
      fields.push_back(line.substr(begin + 1, end - begin - 1));
      ++end;
      if (end < line.size() && line[end] != ',') return false;
    } else {
      end = std::min(line.find(',', begin), line.size());
      fields.push_back(line.substr(begin, end - begin));
    }
    if (end >= line.size()) return true;
    begin = end + 1;
  }
}

std::optional<double> parse_number(std::string_view field) {
  double value = 0;
  const char* end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace sasrec
