#include "titles.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "test_files.hpp"

using namespace sasrec;
using sasrec::testing::error_of;
using sasrec::testing::temporary_folder;

namespace {

title_map read(std::string_view text) {
  const temporary_folder folder;
  return read_titles(folder.write("titles", text));
}

std::string error_in(std::string_view text) {
  const temporary_folder folder;
  const auto path = folder.write("titles", text);
  return error_of(folder, [&] { read_titles(path); });
}

}  // namespace

TEST_CASE("titles are read from every format") {
  CHECK(read("1|Toy Story (1995)|01-Jan-1995||http://x\n2|GoldenEye (1995)||\n") ==
        title_map{{"1", "Toy Story (1995)"}, {"2", "GoldenEye (1995)"}});
  CHECK(read("007::The Rink (1916)::Comedy|Short\n") == title_map{{"007", "The Rink (1916)"}});
  CHECK(read("movieId,title,genres\n1,Toy Story,Adventure|Animation\n2,\"King \"\"K\"\", The\",Drama\n") ==
        title_map{{"1", "Toy Story"}, {"2", "King \"K\", The"}});
  CHECK(read("0\tMorcheeba\n1\t311\n") == title_map{{"0", "Morcheeba"}, {"1", "311"}});
  CHECK(read("0\t311\n1\tMorcheeba\n") == title_map{{"0", "311"}, {"1", "Morcheeba"}});
}

TEST_CASE("of several columns between tabs the title is the first that is no number") {
  CHECK(read("1\t0020629\tAll Quiet (1930)\tDrama\n2\t0031381\t300\tWar\n") ==
        title_map{{"1", "All Quiet (1930)"}, {"2", "300"}});
}

TEST_CASE("text that is not UTF-8 is taken as Latin-1") {
  CHECK(read("1|Mis\xE9rables\n2|Mis\xC3\xA9rables\n") ==
        title_map{{"1", "Mis\xC3\xA9rables"}, {"2", "Mis\xC3\xA9rables"}});
  CHECK(read("1|\xC3\n") == title_map{{"1", "\xC3\x83"}});
}

TEST_CASE("doubled quotes are single ones in comma-separated files alone") {
  CHECK(read("1\tsay \"\"what\"\"\n") == title_map{{"1", "say \"\"what\"\""}});
}

TEST_CASE("a title file that makes no sense is named with its line") {
  CHECK(error_in("") == "titles: holds no title");
  CHECK(error_in("Toy Story\n") ==
        "titles:1: expected id|title, id::title, id<TAB>title or a header id,title, found 'Toy Story'");
  CHECK(error_in("0\tMorcheeba\n1\n") ==
        "titles:2: expected an id and a title separated by '<TAB>', found '1'");
  CHECK(error_in("1|a\n|b\n") == "titles:2: expected an id and a title separated by '|', found '|b'");
}
