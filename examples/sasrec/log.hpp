#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// Interaction logs: who interacted with what, in which order.
///
/// Rules, whatever the format:
///   - Every line is an interaction; ratings are checked to be numbers, and otherwise not used.
///   - A user's interactions are put in order of time. Equal times keep the order of the file, and so does a
///     file without times.
///   - A user's first interaction with an item (in that order) counts; later ones with it are dropped.
///   - Ids are strings ("007" is not "7"). Users and items are numbered 0, 1, ... as the file names them
///   first.
///   - Blank lines, CR LF, a UTF-8 byte order mark and gzip make no difference.

namespace sasrec {

enum class log_format {
  automatic,    ///< by content, see `detect_format`
  u_data,       ///< `user TAB item TAB rating TAB time` (MovieLens 100K)
  ratings_csv,  ///< comma-separated with a header that names the columns (MovieLens ratings.csv)
  ratings_dat,  ///< `user::item::rating::time` (MovieLens 1M, MovieTweetings)
  inter,      ///< TAB-separated with a typed header, `user_id:token item_id:token timestamp:float` (RecBole)
  sequences,  ///< `user item item ...`, one line for each user, oldest item first
  pairs,      ///< `user item`, one line for each interaction, oldest first
};

/// The name of a format on the command line: `auto`, `u.data`, `csv`, `dat`, `inter`, `sequences`, `pairs`.
std::string_view name_of(log_format format);

/// The format with that name. Throws `std::invalid_argument` with the names there are.
log_format log_format_named(std::string_view name);

/// A log in memory. Users and items are known by their number; `user_ids` and `item_ids` keep the file's ids.
struct interaction_log {
  /// For each user the items in order of time, without repeats. Never empty: a user has an interaction.
  std::vector<std::vector<std::int32_t>> sequences;
  std::int32_t items = 0;                     ///< how many items there are; items are 0 .. items - 1
  std::vector<std::string> user_ids;          ///< [users]
  std::vector<std::string> item_ids;          ///< [items]
  log_format format = log_format::automatic;  ///< what the file was read as
  std::size_t interactions = 0;               ///< the sum of the lengths of `sequences`
  std::size_t repeats = 0;                    ///< how many interactions were dropped as repeats
};

/// Says what a text looks like, from its first line (a header, for `inter`) and what most of its lines have:
/// `::` (dat), a comma (csv), or fields between spaces or TABs. Among these,
///   - four fields are `u.data` if they are separated by TABs, or if the fourth looks like a Unix time (an
///     integer from 100000000 to 99999999999); otherwise a sequence of three items;
///   - two fields are `pairs` if some user has more than one line, otherwise sequences of one item (the same
///     thing, then);
///   - everything else is `sequences`.
/// A line that does not fit is left to the reader, which names it.
log_format detect_format(std::string_view text);

/// Reads a log. Throws `file_error` for a file that cannot be read or holds no interaction, and names file,
/// line and what was expected for a malformed line.
interaction_log read_log(const std::filesystem::path& path, log_format format = log_format::automatic);

}  // namespace sasrec
