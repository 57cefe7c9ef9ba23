#include "log.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "ids.hpp"
#include "text_file.hpp"

namespace sasrec {
namespace {

using field_list = std::vector<std::string_view>;

/// What is collected line by line, before a user's events are put in order.
class log_builder {
 public:
  void add(std::string_view user, std::string_view item, double time) {
    const auto number = static_cast<std::size_t>(users_.intern(user));
    if (number == events_.size()) events_.emplace_back();
    events_[number].push_back({time, items_.intern(item)});
  }

  bool knows_user(std::string_view user) const { return users_.find(user).has_value(); }

  interaction_log finish(log_format format) {
    interaction_log log;
    log.format = format;
    log.items = static_cast<std::int32_t>(items_.size());
    log.user_ids = users_.take_names();
    log.item_ids = items_.take_names();
    std::vector<std::size_t> seen_by(log.item_ids.size(), std::numeric_limits<std::size_t>::max());
    log.sequences.resize(events_.size());
    for (std::size_t user = 0; user < events_.size(); ++user) {
      // Stable: equal times keep the order of the file.
      std::stable_sort(events_[user].begin(), events_[user].end(),
                       [](const event& a, const event& b) { return a.time < b.time; });
      for (const event& e : events_[user]) {
        const bool repeat = std::exchange(seen_by[static_cast<std::size_t>(e.item)], user) == user;
        if (repeat)
          ++log.repeats;
        else
          log.sequences[user].push_back(e.item);
      }
      log.interactions += log.sequences[user].size();
    }
    return log;
  }

 private:
  struct event {
    double time;
    std::int32_t item;
  };

  id_table users_, items_;
  std::vector<std::vector<event>> events_;
};

/// Where a table keeps what, and how its lines are split.
struct table {
  std::string expected{};  ///< a line, in words, for messages
  std::size_t fields = 0;
  std::size_t user = 0, item = 0;
  std::optional<std::size_t> rating{}, time{};
  bool (*split)(std::string_view, field_list&) = nullptr;
};

bool at_spaces(std::string_view line, field_list& fields) {
  split_at_spaces(line, fields);
  return true;
}
bool at_tabs(std::string_view line, field_list& fields) {
  split_at(line, "\t", fields);
  return true;
}
bool at_double_colons(std::string_view line, field_list& fields) {
  split_at(line, "::", fields);
  return true;
}

std::optional<std::size_t> column_named(const field_list& header,
                                        std::initializer_list<std::string_view> names) {
  const auto found = std::find_first_of(header.begin(), header.end(), names.begin(), names.end());
  if (found == header.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header.begin());
}

/// The table whose header is `line`. RecBole's column names carry their type, `user_id:token`.
table table_with_header(const std::filesystem::path& path, const text_line& line, bool typed) {
  table result{.split = typed ? at_tabs : split_csv};
  field_list header;
  if (!result.split(line.text, header)) header.clear();
  const auto user = typed ? column_named(header, {"user_id:token"})
                          : column_named(header, {"userId", "user_id", "userid", "user"});
  const auto item =
      typed ? column_named(header, {"item_id:token"})
            : column_named(header, {"movieId", "itemId", "item_id", "movie_id", "itemid", "item"});
  if (!user || !item)
    fail_at(path, line.number,
            fmt::format("expected a header with {}, found '{}'",
                        typed ? "the TAB-separated columns user_id:token and item_id:token"
                              : "a user and an item column, such as userId,movieId,rating,timestamp",
                        line.text.substr(0, 60)));
  result.user = *user;
  result.item = *item;
  result.rating = typed ? column_named(header, {"rating:float"}) : column_named(header, {"rating"});
  result.time =
      typed ? column_named(header, {"timestamp:float"}) : column_named(header, {"timestamp", "time"});
  result.fields = header.size();
  result.expected = fmt::format("the {} columns of the header", header.size());
  return result;
}

std::optional<table> table_without_header(log_format format) {
  constexpr std::string_view tab = "<TAB>";
  switch (format) {
    case log_format::u_data:
      return table{.expected = fmt::format("user{0}item{0}rating{0}time", tab),
                   .fields = 4,
                   .user = 0,
                   .item = 1,
                   .rating = 2,
                   .time = 3,
                   .split = at_spaces};
    case log_format::ratings_dat:
      return table{.expected = "user::item::rating::time",
                   .fields = 4,
                   .user = 0,
                   .item = 1,
                   .rating = 2,
                   .time = 3,
                   .split = at_double_colons};
    case log_format::pairs:
      return table{.expected = "user item", .fields = 2, .user = 0, .item = 1, .split = at_spaces};
    default:
      return std::nullopt;
  }
}

double number_in(const std::filesystem::path& path, std::size_t line, std::string_view field,
                 std::string_view column) {
  const auto value = parse_number(field);
  if (!value) fail_at(path, line, fmt::format("expected a number as {}, found '{}'", column, field));
  return *value;
}

void read_table(const std::filesystem::path& path, line_reader& reader, const table& columns,
                log_builder& builder) {
  field_list fields;
  while (const auto line = reader.next()) {
    const auto fail = [&](const std::string& found) {
      fail_at(path, line->number, fmt::format("expected {}, found {}", columns.expected, found));
    };
    if (!columns.split(line->text, fields)) fail("a quote out of place");
    if (fields.size() != columns.fields)
      fail(fmt::format("{} field{}", fields.size(), fields.size() == 1 ? "" : "s"));
    if (fields[columns.user].empty()) fail("an empty user");
    if (fields[columns.item].empty()) fail("an empty item");
    if (columns.rating) number_in(path, line->number, fields[*columns.rating], "rating");
    const double time = columns.time ? number_in(path, line->number, fields[*columns.time], "time") : 0.0;
    builder.add(fields[columns.user], fields[columns.item], time);
  }
}

void read_sequences(const std::filesystem::path& path, line_reader& reader, log_builder& builder) {
  field_list fields;
  while (const auto line = reader.next()) {
    split_at_spaces(line->text, fields);
    if (fields.size() < 2)
      fail_at(path, line->number, "expected user item item ..., found a user without an item");
    if (builder.knows_user(fields[0]))
      fail_at(path, line->number,
              fmt::format("expected one line for each user, found user {} again (use --format pairs for "
                          "lines of one interaction)",
                          fields[0]));
    for (std::size_t i = 1; i < fields.size(); ++i) builder.add(fields[0], fields[i], 0.0);
  }
}

}  // namespace

interaction_log read_log(const std::filesystem::path& path, log_format format) {
  const std::string text = read_text(path);
  if (format == log_format::automatic) format = detect_format(text);

  log_builder builder;
  line_reader reader(text);
  if (format == log_format::sequences) {
    read_sequences(path, reader, builder);
  } else if (const auto columns = table_without_header(format)) {
    read_table(path, reader, *columns, builder);
  } else if (const auto header = reader.next()) {
    read_table(path, reader, table_with_header(path, *header, format == log_format::inter), builder);
  }
  interaction_log log = builder.finish(format);
  if (log.interactions == 0) throw file_error(fmt::format("{}: holds no interaction", path.string()));
  return log;
}

}  // namespace sasrec
