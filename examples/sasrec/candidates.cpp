#include "candidates.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <unordered_set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/uniform.hpp>

#include "text_file.hpp"

namespace sasrec {
namespace {

using nlohmann::json;

/// Ids are strings to us; 7 and "7" are the same one.
std::optional<std::string> id_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  return std::nullopt;
}

/// Reads the members of one record; every error names the line.
class record_reader {
 public:
  record_reader(const std::filesystem::path& path, const text_line& line, const id_table& items)
      : path_(path), line_(line), items_(items), record_(json::parse(line.text, nullptr, false)) {
    if (!record_.is_object())
      fail("expected a JSON object {\"user\", \"history\", \"candidates\", \"target\"}");
  }

  std::optional<std::string> user() const {
    return record_.contains("user") ? id_of(record_["user"]) : std::nullopt;
  }

  std::int32_t item(std::string_view name) const { return number_of(member(name), name); }

  std::vector<std::int32_t> items(std::string_view name) const {
    const json& list = member(name);
    if (!list.is_array() || list.empty()) fail(fmt::format("expected an array of items as \"{}\"", name));
    std::vector<std::int32_t> numbers;
    for (const json& id : list) numbers.push_back(number_of(id, name));
    return numbers;
  }

  [[noreturn]] void fail(const std::string& what) const { fail_at(path_, line_.number, what); }

 private:
  const json& member(std::string_view name) const {
    const auto found = record_.find(name);
    if (found == record_.end()) fail(fmt::format("the record has no \"{}\"", name));
    return *found;
  }

  std::int32_t number_of(const json& value, std::string_view name) const {
    const auto id = id_of(value);
    if (!id) fail(fmt::format("expected item ids in \"{}\", found {}", name, value.dump()));
    const auto number = items_.find(*id);
    if (!number) fail(fmt::format("item {} in \"{}\" is not known to the model", *id, name));
    return *number;
  }

  const std::filesystem::path& path_;
  const text_line& line_;
  const id_table& items_;
  json record_;
};

bool contains(const std::vector<std::int32_t>& items, std::int32_t item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

bool has_repeats(std::vector<std::int32_t> items) {
  std::sort(items.begin(), items.end());
  return std::adjacent_find(items.begin(), items.end()) != items.end();
}

}  // namespace

std::vector<ranking_case> candidate_records::cases() const {
  std::vector<ranking_case> all;
  for (std::size_t r = 0; r < size(); ++r) all.push_back({histories[r], targets[r]});
  return all;
}

candidate_records read_candidates(const std::filesystem::path& path, const id_table& items) {
  const std::string text = read_text(path);
  candidate_records records;
  std::unordered_set<std::string> users;
  std::size_t nameless = 0;
  line_reader lines(text);
  while (const auto line = lines.next()) {
    const record_reader record(path, *line, items);
    records.histories.push_back(record.items("history"));
    records.candidates.push_back(record.items("candidates"));
    records.targets.push_back(record.item("target"));
    if (has_repeats(records.candidates.back())) record.fail("a candidate is given twice");
    if (!contains(records.candidates.back(), records.targets.back()))
      record.fail("the target is not among the candidates");
    if (contains(records.histories.back(), records.targets.back()))
      record.fail("the target is in the history");
    if (auto user = record.user())
      users.insert(*std::move(user));
    else
      ++nameless;
  }
  if (records.size() == 0) throw file_error(fmt::format("{}: holds no record", path.string()));
  records.users = users.size() + nameless;
  return records;
}

std::vector<std::vector<std::int32_t>> sample_candidates(std::span<const ranking_case> cases,
                                                         std::int32_t items, int negatives,
                                                         std::uint64_t seed) {
  std::vector<std::span<const std::int32_t>> histories;
  std::vector<std::int32_t> targets;
  for (const ranking_case& c : cases) {
    histories.push_back(c.history);
    targets.push_back(c.target);
  }
  std::vector<std::int32_t> drawn(cases.size() * static_cast<std::size_t>(negatives));
  const prefopt::samplers::uniform sampler{.num_items = items};
  const prefopt::samplers::history_table known(histories);
  sampler.draw(targets, known.view(), {.seed = seed},
               prefopt::as_matrix(drawn, static_cast<prefopt::index>(cases.size()), negatives));

  std::vector<std::vector<std::int32_t>> candidates;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    const std::span row = std::span(drawn).subspan(c * static_cast<std::size_t>(negatives),
                                                   static_cast<std::size_t>(negatives));
    candidates.push_back({targets[c]});
    // Where the items run out, the last places of a row are masked with -1.
    std::copy_if(row.begin(), row.end(), std::back_inserter(candidates.back()),
                 [](std::int32_t item) { return item >= 0; });
  }
  return candidates;
}

}  // namespace sasrec
