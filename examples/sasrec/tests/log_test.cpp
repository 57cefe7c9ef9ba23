#include "log.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "test_files.hpp"

using namespace sasrec;
using sasrec::testing::error_of;
using sasrec::testing::temporary_folder;

namespace {

using sequences = std::vector<std::vector<std::int32_t>>;
using ids = std::vector<std::string>;

interaction_log read(std::string_view text, log_format format = log_format::automatic) {
  const temporary_folder folder;
  return read_log(folder.write("log", text), format);
}

std::string error_in(std::string_view text, log_format format = log_format::automatic) {
  const temporary_folder folder;
  const auto path = folder.write("log", text);
  return error_of(folder, [&] { read_log(path, format); });
}

/// Users a (x at time 3, y at time 1) and b (x at time 2), as every format writes them.
void check_two_users(const interaction_log& log, log_format format) {
  CHECK(log.format == format);
  CHECK(log.user_ids == ids{"a", "b"});
  CHECK(log.item_ids == ids{"x", "y"});
  CHECK(log.sequences == sequences{{1, 0}, {0}});
  CHECK(log.items == 2);
  CHECK(log.interactions == 3);
  CHECK(log.repeats == 0);
}

}  // namespace

TEST_CASE("every format is recognised and read to the same log") {
  check_two_users(read("a\tx\t5\t3\nb\tx\t4\t2\na\ty\t1\t1\n"), log_format::u_data);
  check_two_users(read("userId,movieId,rating,timestamp\na,x,4.5,3\nb,x,4,2\na,y,1,1\n"),
                  log_format::ratings_csv);
  check_two_users(read("a::x::5::3\nb::x::4::2\na::y::1::1\n"), log_format::ratings_dat);
  check_two_users(read("user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
                       "a\tx\t5\t3\nb\tx\t4\t2.5\na\ty\t1\t1e0\n"),
                  log_format::inter);
}

TEST_CASE("formats without times keep the order of the file") {
  for (const auto& [text, format] :
       {std::pair("a y x\nb x\n", log_format::sequences), std::pair("a y\nb x\na x\n", log_format::pairs)}) {
    const interaction_log log = read(text);
    CHECK(log.format == format);
    CHECK(log.user_ids == ids{"a", "b"});
    CHECK(log.item_ids == ids{"y", "x"});
    CHECK(log.sequences == sequences{{0, 1}, {1}});
  }
}

TEST_CASE("columns of csv and inter are found by their names") {
  const interaction_log csv = read("timestamp,\"itemId\",user_id\n2,x,a\n1,\"y, or not\",a\n");
  CHECK(csv.item_ids == ids{"x", "y, or not"});
  CHECK(csv.sequences == sequences{{1, 0}});
  const interaction_log inter = read("item_id:token\tnote:token_seq\tuser_id:token\nx\tis fine\ta\ny\t\ta\n");
  CHECK(inter.sequences == sequences{{0, 1}});
}

TEST_CASE("four fields a line are u.data between tabs or before a time, otherwise a sequence") {
  CHECK(detect_format("1\t2\t3\t4\n5\t6\t7\t8\n") == log_format::u_data);
  CHECK(detect_format("1 2 3 881250949\n5 6 7 881250949\n") == log_format::u_data);
  CHECK(detect_format("1 2 3 4\n5 6 7 8\n") == log_format::sequences);
  CHECK(read("1\t2\t3\t4\n", log_format::sequences).sequences == sequences{{0, 1, 2}});
  CHECK(read("1 2 3 4\n", log_format::u_data).sequences == sequences{{0}});
}

TEST_CASE("two fields a line are pairs if a user comes back") {
  CHECK(detect_format("a x\na y\nb x\n") == log_format::pairs);
  CHECK(detect_format("a x\nb y\n") == log_format::sequences);
  CHECK(detect_format("a x y z\nb y z\nc z\n") == log_format::sequences);
}

TEST_CASE("a few malformed lines do not hide the format") {
  CHECK(error_in("1\t2\t3\t4\n1\t3\t3\n2\t2\t3\t4\n") ==
        "log:2: expected user<TAB>item<TAB>rating<TAB>time, found 3 fields");
}

TEST_CASE("format names are those of the command line") {
  for (const auto* name : {"auto", "u.data", "csv", "dat", "inter", "sequences", "pairs"})
    CHECK(name_of(log_format_named(name)) == name);
  CHECK_THROWS_WITH_AS(
      log_format_named("tsv"),
      "unknown log format 'tsv', expected one of auto, u.data, csv, dat, inter, sequences, pairs",
      std::invalid_argument);
}

TEST_CASE("equal times keep the order of the file and other times are put in order") {
  const interaction_log log = read("u\tc\t1\t7\nu\ta\t1\t7\nu\tb\t1\t7\nu\tz\t1\t-1.5\n");
  CHECK(log.item_ids == ids{"c", "a", "b", "z"});
  CHECK(log.sequences == sequences{{3, 0, 1, 2}});
}

TEST_CASE("the first of repeated interactions counts, first in time") {
  const interaction_log timed = read("u\ta\t1\t30\nu\tb\t1\t20\nu\ta\t1\t10\nv\ta\t1\t5\n");
  CHECK(timed.sequences == sequences{{0, 1}, {0}});
  CHECK(timed.repeats == 1);
  CHECK(timed.interactions == 3);
  const interaction_log untimed = read("u a b a a\nv a\n");
  CHECK(untimed.sequences == sequences{{0, 1}, {0}});
  CHECK(untimed.repeats == 2);
}

TEST_CASE("ids are text") {
  const interaction_log log = read("07 7\n7 007\n07 007\n");
  CHECK(log.user_ids == ids{"07", "7"});
  CHECK(log.item_ids == ids{"7", "007"});
}

TEST_CASE("blank lines, CR LF, a byte order mark and a missing last line end make no difference") {
  check_two_users(read("\xEF\xBB\xBF\r\na\tx\t5\t3\r\n\r\n  \r\nb\tx\t4\t2\r\na\ty\t1\t1"),
                  log_format::u_data);
  CHECK(error_in("\r\na\tx\t5\t3\r\n\r\nb\tx\t4\tnoon\r\n") ==
        "log:4: expected a number as time, found 'noon'");
}

TEST_CASE("gzip is recognised by content") {
  const temporary_folder folder;
  check_two_users(read_log(folder.write_gzipped("log.gz", "a\tx\t5\t3\nb\tx\t4\t2\na\ty\t1\t1\n")),
                  log_format::u_data);
  check_two_users(read_log(folder.write_gzipped("log", "a::x::5::3\nb::x::4::2\na::y::1::1\n")),
                  log_format::ratings_dat);
  check_two_users(read_log(folder.write("plain.gz", "a::x::5::3\nb::x::4::2\na::y::1::1\n")),
                  log_format::ratings_dat);
}

TEST_CASE("a gzip file that is cut short or damaged is an error") {
  const temporary_folder folder;
  std::string text;
  for (int line = 0; line < 5000; ++line) text += std::to_string(line * 7919 % 5003) + " x\n";
  const auto path = folder.write_gzipped("log.gz", text);
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(40).write("\xFF\xFF\xFF\xFF", 4);
  CHECK(error_of(folder, [&] { read_log(path); }) == "log.gz: the gzip data is damaged");
  folder.write_gzipped("log.gz", text);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  CHECK(error_of(folder, [&] { read_log(path); }) == "log.gz: the gzip data is cut short");
}

TEST_CASE("files that cannot be read or hold nothing are named") {
  const temporary_folder folder;
  CHECK(error_of(folder, [&] { read_log(folder.path() / "none"); }) ==
        "none: cannot open: No such file or directory");
  std::filesystem::create_directory(folder.path() / "folder");
  CHECK(error_of(folder, [&] { read_log(folder.path() / "folder"); }) ==
        "folder: is a directory, expected a file");
  CHECK(error_in("") == "log: holds no interaction");
  CHECK(error_in(" \r\n\n") == "log: holds no interaction");
  CHECK(error_in("userId,movieId,rating,timestamp\n") == "log: holds no interaction");
}

TEST_CASE("malformed lines are named with what was expected") {
  const std::string u_data = "log:2: expected user<TAB>item<TAB>rating<TAB>time, found ";
  CHECK(error_in("1\t2\t3\t4\n1\t2\t3\t4\t5\n", log_format::u_data) == u_data + "5 fields");
  CHECK(error_in("1\t2\t3\t4\n1\n", log_format::u_data) == u_data + "1 field");
  CHECK(error_in("1\t2\tgood\t4\n") == "log:1: expected a number as rating, found 'good'");
  CHECK(error_in("1\t2\t3\t4x\n") == "log:1: expected a number as time, found '4x'");
  CHECK(error_in("1\t2\t3\tinf\n") == "log:1: expected a number as time, found 'inf'");
  const std::string dat = "log:2: expected user::item::rating::time, found ";
  CHECK(error_in("1::2::3::4\n1::2::3\n", log_format::ratings_dat) == dat + "3 fields");
  CHECK(error_in("1::2::3::4\n::2::3::4\n") == dat + "an empty user");
  CHECK(error_in("1::2::3::4\n1::::3::4\n") == dat + "an empty item");
  CHECK(error_in("a x\na y\nb\n") == "log:3: expected user item, found 1 field");
  CHECK(error_in("a x y\nb\n") == "log:2: expected user item item ..., found a user without an item");
  CHECK(error_in("a x y\na z\n") ==
        "log:2: expected one line for each user, found user a again (use --format pairs for lines of one "
        "interaction)");
}

TEST_CASE("malformed tables with a header are named with what was expected") {
  CHECK(error_in("1,2,3,4\n1,2,3,4\n") ==
        "log:1: expected a header with a user and an item column, such as userId,movieId,rating,timestamp, "
        "found "
        "'1,2,3,4'");
  CHECK(error_in("user,item\na,x\nb,y,z\n") == "log:3: expected the 2 columns of the header, found 3 fields");
  CHECK(error_in("user,item\na,\"x\n") ==
        "log:2: expected the 2 columns of the header, found a quote out of place");
  CHECK(error_in("user,item\na,\"x\"y\n") ==
        "log:2: expected the 2 columns of the header, found a quote out of place");
  CHECK(error_in("uid:token\titem_id:token\na\tx\n") ==
        "log:1: expected a header with the TAB-separated columns user_id:token and item_id:token, found "
        "'uid:token\titem_id:token'");
  CHECK(error_in("user_id:token\titem_id:token\na x\n") ==
        "log:2: expected the 2 columns of the header, found 1 field");
}
