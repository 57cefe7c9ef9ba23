#include "candidates.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "test_files.hpp"

using namespace sasrec;
using sasrec::testing::error_of;
using sasrec::testing::temporary_folder;

namespace {

using lists = std::vector<std::vector<std::int32_t>>;

id_table catalogue() { return id_table({"10", "20", "30", "40", "a"}); }

std::string error_in(std::string_view text) {
  const temporary_folder folder;
  const auto path = folder.write("c.jsonl", text);
  return error_of(folder, [&] { read_candidates(path, catalogue()); });
}

constexpr std::string_view good = R"({"user":1,"history":[10,20],"candidates":[40,30],"target":30})";

}  // namespace

TEST_CASE("records are read with ids as numbers or strings") {
  const temporary_folder folder;
  const std::string text =
      std::string(good) + "\r\n\n" +
      R"({"user":"1","history":["a"],"candidates":["10",20],"target":"10","split":"val"})" + "\n" +
      R"({"history":[40],"candidates":[10],"target":10})";
  for (const auto& path : {folder.write("c.jsonl", text), folder.write_gzipped("c.jsonl.gz", text)}) {
    const candidate_records records = read_candidates(path, catalogue());
    CHECK(records.size() == 3);
    CHECK(records.histories == lists{{0, 1}, {4}, {3}});
    CHECK(records.candidates == lists{{3, 2}, {0, 1}, {0}});
    CHECK(records.targets == std::vector<std::int32_t>{2, 0, 0});
    CHECK(records.users == 2);  // 1 and "1" are the same one, and one record names nobody
    const auto cases = records.cases();
    REQUIRE(cases.size() == 3);
    CHECK(cases[1].history.data() == records.histories[1].data());
    CHECK(cases[1].target == 0);
  }
}

TEST_CASE("a record that makes no sense is named with its line") {
  const std::string second = std::string(good) + "\n";
  CHECK(error_in("") == "c.jsonl: holds no record");
  const std::string no_object = "expected a JSON object {\"user\", \"history\", \"candidates\", \"target\"}";
  CHECK(error_in("[1]\n") == "c.jsonl:1: " + no_object);
  CHECK(error_in(second + "{\"user\":1,") == "c.jsonl:2: " + no_object);
  CHECK(error_in(R"({"user":1,"history":[10],"target":20})") ==
        "c.jsonl:1: the record has no \"candidates\"");
  CHECK(error_in(R"({"history":[],"candidates":[10],"target":10})") ==
        "c.jsonl:1: expected an array of items as \"history\"");
  CHECK(error_in(R"({"history":[10],"candidates":20,"target":20})") ==
        "c.jsonl:1: expected an array of items as \"candidates\"");
  CHECK(error_in(R"({"history":[1.5],"candidates":[20],"target":20})") ==
        "c.jsonl:1: expected item ids in \"history\", found 1.5");
  CHECK(error_in(second + R"({"history":[10],"candidates":[20,50],"target":20})") ==
        "c.jsonl:2: item 50 in \"candidates\" is not known to the model");
  CHECK(error_in(R"({"history":["b"],"candidates":[20],"target":20})") ==
        "c.jsonl:1: item b in \"history\" is not known to the model");
  CHECK(error_in(R"({"history":[10],"candidates":[20,20],"target":20})") ==
        "c.jsonl:1: a candidate is given twice");
  CHECK(error_in(R"({"history":[10],"candidates":[20],"target":30})") ==
        "c.jsonl:1: the target is not among the candidates");
  CHECK(error_in(R"({"history":[10],"candidates":[20,10],"target":10})") ==
        "c.jsonl:1: the target is in the history");
}

TEST_CASE("sampled candidates are the target and distinct items outside the history") {
  const std::vector<std::int32_t> first{0, 5, 9}, second{1};
  const std::vector<ranking_case> cases{{first, 3}, {second, 0}};
  const auto candidates = sample_candidates(cases, 20, 10, 7);
  REQUIRE(candidates.size() == 2);
  for (std::size_t c = 0; c < cases.size(); ++c) {
    auto drawn = candidates[c];
    CHECK(drawn.size() == 11);
    CHECK(std::count(drawn.begin(), drawn.end(), cases[c].target) == 1);
    for (const std::int32_t item : cases[c].history) CHECK(std::count(drawn.begin(), drawn.end(), item) == 0);
    std::sort(drawn.begin(), drawn.end());
    CHECK(std::adjacent_find(drawn.begin(), drawn.end()) == drawn.end());
    CHECK(drawn.front() >= 0);
    CHECK(drawn.back() < 20);
  }
  CHECK(sample_candidates(cases, 20, 10, 7) == candidates);
  CHECK(sample_candidates(cases, 20, 10, 8) != candidates);
}

TEST_CASE("where there are too few items all of them are candidates") {
  const std::vector<std::int32_t> history{0, 1};
  const std::vector<ranking_case> cases{{history, 4}};
  auto drawn = sample_candidates(cases, 5, 10, 1)[0];
  std::sort(drawn.begin(), drawn.end());
  CHECK(drawn == std::vector<std::int32_t>{2, 3, 4});
}
