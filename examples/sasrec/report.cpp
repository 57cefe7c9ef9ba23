#include "report.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "text_file.hpp"

namespace sasrec {
namespace {

/// How many columns a terminal needs for UTF-8 text: one for each byte that does not continue a character.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool to_the_left) {
  const std::string space(width - width_of(text), ' ');
  return to_the_left ? text + space : space + text;
}

/// The metrics of tables and files, in their order.
struct metric {
  std::string_view name;
  double (*of)(const ranking_metrics&);
};
template <prefopt::index k>
double hit_rate(const ranking_metrics& metrics) {
  return metrics.hit_rate(k);
}
template <prefopt::index k>
double ndcg(const ranking_metrics& metrics) {
  return metrics.ndcg(k);
}
constexpr std::array<metric, 9> all_metrics{{
    {"hr@1", hit_rate<1>},
    {"hr@5", hit_rate<5>},
    {"hr@10", hit_rate<10>},
    {"hr@20", hit_rate<20>},
    {"ndcg@5", ndcg<5>},
    {"ndcg@10", ndcg<10>},
    {"ndcg@20", ndcg<20>},
    {"mrr", [](const ranking_metrics& metrics) { return metrics.mrr(); }},
    {"auc", [](const ranking_metrics& metrics) { return metrics.auc(); }},
}};

std::string upper_case(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

}  // namespace

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < rows[r].size(); ++c)
      line += (c == 0 ? "" : "  ") + padded(rows[r][c], widths[c], c == 0);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
    if (r > 0) continue;
    for (std::size_t c = 0; c < widths.size(); ++c)
      text += (c == 0 ? "" : "  ") + std::string(widths[c], '-');
    text += '\n';
  }
  return text;
}

std::string metrics_table(std::span<const metrics_row> rows) {
  std::vector<std::vector<std::string>> cells{{""}};
  for (const metric& one : all_metrics) cells[0].push_back(upper_case(std::string(one.name)));
  for (const metrics_row& row : rows) {
    cells.push_back({row.name});
    for (const metric& one : all_metrics) cells.back().push_back(fmt::format("{:.4f}", one.of(row.metrics)));
  }
  return text_table(cells);
}

std::string describe(const std::filesystem::path& path, const interaction_log& log) {
  std::string text =
      fmt::format("{} (read as {}): {} users, {} items, {} interactions", path.string(), name_of(log.format),
                  with_commas(log.sequences.size()), with_commas(static_cast<std::size_t>(log.items)),
                  with_commas(log.interactions));
  if (log.repeats > 0) text += fmt::format(", {} repeats dropped", with_commas(log.repeats));
  return text;
}

std::string with_commas(std::size_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t from_end = 3; from_end < digits.size(); from_end += 4)
    digits.insert(digits.size() - from_end, 1, ',');
  return digits;
}

std::string duration_text(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string metrics_json(std::string_view protocol, std::size_t users, const ranking_metrics& metrics) {
  nlohmann::ordered_json json{{"protocol", protocol}, {"users", users}, {"cases", metrics.size()}};
  for (const metric& one : all_metrics) json[std::string(one.name)] = one.of(metrics);
  return json.dump(2) + '\n';
}

void write_metrics(const std::filesystem::path& path, std::string_view protocol, std::size_t users,
                   const ranking_metrics& metrics) {
  write_text_atomically(path, metrics_json(protocol, users, metrics));
}

}  // namespace sasrec
