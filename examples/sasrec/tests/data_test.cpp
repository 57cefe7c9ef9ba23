#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "candidates.hpp"
#include "evaluation.hpp"
#include "log.hpp"
#include "split.hpp"
#include "titles.hpp"

// Public logs against what is known of them. PREFOPT_DATA names a folder with ml-100k, ml-latest-small,
// movietweetings-40k, amazon-2014 and lastfm-sdpo in it.

using namespace sasrec;

namespace {

/// The file in PREFOPT_DATA, if it is there.
std::optional<std::filesystem::path> data_file(const std::string& name) {
  const char* folder = std::getenv("PREFOPT_DATA");
  if (folder != nullptr && std::filesystem::exists(std::filesystem::path(folder) / name))
    return std::filesystem::path(folder) / name;
  std::cout << "[skipped] " << name << ": PREFOPT_DATA names no folder that holds it\n";
  return std::nullopt;
}

void check_log(const std::string& name, log_format format, std::size_t users, std::int32_t items,
               std::size_t interactions) {
  const auto path = data_file(name);
  if (!path) return;
  INFO(name);
  const interaction_log log = read_log(*path);
  CHECK(log.format == format);
  CHECK(log.sequences.size() == users);
  CHECK(log.items == items);
  CHECK(log.interactions == interactions);
  CHECK(log.repeats == 0);
}

void check_titles(const std::string& name, std::size_t count, const std::string& id,
                  const std::string& title) {
  const auto path = data_file(name);
  if (!path) return;
  INFO(name);
  const title_map titles = read_titles(*path);
  CHECK(titles.size() == count);
  CHECK(titles.at(id) == title);
}

/// Leave-one-out with popularity, whose ties count against it.
void check_popularity(const std::string& name, double hr10, double ndcg10) {
  const auto path = data_file(name);
  if (!path) return;
  INFO(name);
  const interaction_log log = read_log(*path);
  const data_split split = split_leave_one_out(log);
  const auto m =
      evaluate_full(score_by_popularity(count_items(split.train, log.items)), split.test, log.items, 2);
  CHECK(m.hit_rate(10) == doctest::Approx(hr10).epsilon(0.001));
  CHECK(m.ndcg(10) == doctest::Approx(ndcg10).epsilon(0.001));
}

}  // namespace

TEST_CASE("public logs hold what their publishers say") {
  check_log("ml-100k/u.data", log_format::u_data, 943, 1682, 100000);
  check_log("ml-latest-small/ratings.csv", log_format::ratings_csv, 610, 9724, 100836);
  check_log("movietweetings-40k/ratings.dat", log_format::ratings_dat, 9063, 6798, 40000);
  check_log("movietweetings-40k/mt5core.seq.txt", log_format::sequences, 1814, 1069, 19423);
  check_log("amazon-2014/Beauty.txt", log_format::sequences, 22363, 12101, 198502);
  check_log("amazon-2014/Toys_and_Games.txt", log_format::sequences, 19412, 11924, 167597);
  check_log("lastfm-sdpo/train.seq.txt", log_format::sequences, 976, 4606, 50800);
}

TEST_CASE("public title files are read") {
  check_titles("ml-100k/u.item", 1682, "1", "Toy Story (1995)");
  check_titles("ml-latest-small/movies.csv", 9742, "11", "American President, The (1995)");
  check_titles("movietweetings-40k/movies.dat", 6798, "0004936", "The Bank (1915)");
  check_titles("movietweetings-40k/mt5core.items.tsv", 1069, "3", "The Wizard of Oz (1939)");
  check_titles("lastfm-sdpo/id2name.tsv", 4606, "0", "Morcheeba");
}

TEST_CASE("the candidates of S-DPO's LastFM are read") {
  const auto log_path = data_file("lastfm-sdpo/train.seq.txt");
  if (!log_path) return;
  const id_table items(read_log(*log_path).item_ids);
  for (const auto& [name, records, users] : {std::tuple("lastfm-sdpo/train.cans20.jsonl.gz", 47872, 976),
                                             std::tuple("lastfm-sdpo/val.cans20.jsonl", 2767, 122),
                                             std::tuple("lastfm-sdpo/test.cans20.jsonl", 2495, 122)}) {
    const auto path = data_file(name);
    if (!path) continue;
    const candidate_records read = read_candidates(*path, items);
    CHECK(read.size() == static_cast<std::size_t>(records));
    CHECK(read.users == static_cast<std::size_t>(users));
    for (const auto& candidates : read.candidates) REQUIRE(candidates.size() == 20);
  }
}

TEST_CASE("popularity is as good as it is known to be when ties count against it") {
  check_popularity("ml-100k/u.data", 0.0838, 0.0432);
  check_popularity("amazon-2014/Beauty.txt", 0.0110, 0.0053);
}
