#include "report.hpp"

#include <cstdio>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "progress.hpp"
#include "test_files.hpp"
#include "text_file.hpp"

using namespace sasrec;
using sasrec::testing::error_of;
using sasrec::testing::temporary_folder;

namespace {

/// Ranks 1, 2, 8 and 16 of 17.
ranking_metrics example() {
  ranking_metrics metrics;
  for (const prefopt::index rank : {1, 2, 8, 16}) metrics.add({.rank = rank, .candidates = 17});
  return metrics;
}

epoch_report epoch(int number, int of, double loss, double seconds, double rate) {
  epoch_report report;
  report.epoch = number;
  report.epochs = of;
  report.loss = loss;
  report.seconds = seconds;
  report.examples_per_second = rate;
  return report;
}

}  // namespace

TEST_CASE("tables are aligned, also around UTF-8") {
  CHECK(text_table({{"", "x"}, {"Mis\xC3\xA9rables", "10"}, {"b", "7"}}) ==
        "             x\n"
        "----------  --\n"
        "Mis\xC3\xA9rables  10\n"
        "b            7\n");
}

TEST_CASE("a table of metrics shows all of them") {
  const std::vector<metrics_row> rows{{"before", example()}};
  CHECK(metrics_table(rows) ==
        "          HR@1    HR@5   HR@10   HR@20  NDCG@5  NDCG@10  NDCG@20     MRR     AUC\n"
        "------  ------  ------  ------  ------  ------  -------  -------  ------  ------\n"
        "before  0.2500  0.5000  0.7500  1.0000  0.4077   0.4866   0.5478  0.4219  0.6406\n");
}

TEST_CASE("metrics are written as JSON and nothing else is left behind") {
  const temporary_folder folder;
  write_metrics(folder.path() / "m.json", "full", 3, example());
  const auto json = nlohmann::json::parse(read_text(folder.path() / "m.json"));
  CHECK(json["protocol"] == "full");
  CHECK(json["users"] == 3);
  CHECK(json["cases"] == 4);
  for (const auto& [name, value] :
       {std::pair("hr@1", 0.25), std::pair("hr@5", 0.5), std::pair("hr@10", 0.75), std::pair("hr@20", 1.0),
        std::pair("ndcg@5", 0.407732), std::pair("ndcg@10", 0.486599), std::pair("ndcg@20", 0.547761),
        std::pair("mrr", 0.421875), std::pair("auc", 0.640625)})
    CHECK(json[name].get<double>() == doctest::Approx(value).epsilon(1e-6));
  CHECK(json.size() == 12);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a file that cannot be written is named") {
  const temporary_folder folder;
  CHECK(error_of(folder, [&] { write_metrics(folder.path() / "no" / "m.json", "full", 1, example()); }) ==
        "no/m.json: cannot write: No such file or directory");
  std::filesystem::create_directory(folder.path() / "taken");
  CHECK(error_of(folder, [&] { write_metrics(folder.path() / "taken", "full", 1, example()); }) ==
        "taken: cannot rename the temporary file to it: Is a directory");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("numbers and durations are written for people") {
  CHECK(with_commas(0) == "0");
  CHECK(with_commas(999) == "999");
  CHECK(with_commas(1000) == "1,000");
  CHECK(with_commas(12345678) == "12,345,678");
  CHECK(duration_text(0.04) == "0.0 s");
  CHECK(duration_text(9.94) == "9.9 s");
  CHECK(duration_text(9.96) == "10 s");
  CHECK(duration_text(59.6) == "1 min 0 s");
  CHECK(duration_text(185) == "3 min 5 s");
  CHECK(duration_text(7800) == "2 h 10 min");
}

TEST_CASE("a log is described in one line") {
  interaction_log log;
  log.sequences = {{0, 1}};
  log.items = 2;
  log.interactions = 2;
  log.format = log_format::u_data;
  CHECK(describe("u.data", log) == "u.data (read as u.data): 1 users, 2 items, 2 interactions");
  log.repeats = 3;
  CHECK(describe("u.data", log) ==
        "u.data (read as u.data): 1 users, 2 items, 2 interactions, 3 repeats dropped");
}

TEST_CASE("progress says how far, how fast and how long") {
  epoch_report report = epoch(3, 20, 5.25, 0, 12345.6);
  CHECK(progress_text(report, 90) == "epoch 3/20  loss 5.2500  12,345 examples/s  at most 1 min 30 s left");
  report.validated = validation{.hr10 = 0.1, .ndcg10 = 0.0812};
  report.best = true;
  report.epoch = 20;
  CHECK(progress_text(report, 0) ==
        "epoch 20/20  loss 5.2500  validation NDCG@10 0.0812 *  12,345 examples/s");
}

TEST_CASE("progress into a file has a line for each epoch") {
  const temporary_folder folder;
  std::FILE* const file = std::fopen((folder.path() / "log").c_str(), "w");
  {
    progress_display display(file);
    display.show(epoch(1, 3, 2, 4, 10));
    display.show(epoch(2, 3, 1, 6, 10));
  }
  std::fclose(file);
  CHECK(read_text(folder.path() / "log") ==
        "epoch 1/3  loss 2.0000  10 examples/s  at most 8.0 s left\n"
        "epoch 2/3  loss 1.0000  10 examples/s  at most 5.0 s left\n");
}
