#include "report.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "progress.hpp"
#include "test_files.hpp"
#include "text_file.hpp"

using namespace sasrec;
using sasrec::testing::error_of;
using sasrec::testing::temporary_folder;

namespace {

ranking_metrics example() {
  return {.cases = 1234, .hit_rate = {0.1, 0.2, 0.3, 0.4}, .ndcg = {0.15, 0.25, 0.35}, .mrr = 0.12345, .auc = 0.9};
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
        "before  0.1000  0.2000  0.3000  0.4000  0.1500   0.2500   0.3500  0.1235  0.9000\n");
}

TEST_CASE("metrics are written as JSON and nothing else is left behind") {
  const temporary_folder folder;
  write_metrics(folder.path() / "m.json", "full", 1000, example());
  const auto json = nlohmann::json::parse(read_text(folder.path() / "m.json"));
  CHECK(json == nlohmann::json{{"protocol", "full"}, {"users", 1000}, {"cases", 1234}, {"hr@1", 0.1},
                               {"hr@5", 0.2}, {"hr@10", 0.3}, {"hr@20", 0.4}, {"ndcg@5", 0.15},
                               {"ndcg@10", 0.25}, {"ndcg@20", 0.35}, {"mrr", 0.12345}, {"auc", 0.9}});
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
  CHECK(describe("u.data", log) == "u.data (read as u.data): 1 users, 2 items, 2 interactions, 3 repeats dropped");
}

TEST_CASE("progress says how far, how fast and how long") {
  epoch_report report = epoch(3, 20, 5.25, 0, 12345.6);
  CHECK(progress_text(report, 90) == "epoch 3/20  loss 5.2500  12,345 examples/s  at most 1 min 30 s left");
  report.validated = validation{.hr10 = 0.1, .ndcg10 = 0.0812};
  report.best = true;
  report.epoch = 20;
  CHECK(progress_text(report, 0) == "epoch 20/20  loss 5.2500  validation NDCG@10 0.0812 *  12,345 examples/s");
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
