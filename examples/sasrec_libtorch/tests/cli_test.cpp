#include <ATen/ATen.h>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/command_line.hpp"

using namespace sasrec::testing;
using sasrec::read_text;

TEST_CASE("sasrec_libtorch: a model is trained, evaluated and aligned") {
  const temporary_folder folder;
  folder.write("log.txt", circle_log());
  const outcome train = run(folder, "train log.txt --device cpu --epochs 30 --metrics train.json" + tiny);
  INFO(train.err);
  REQUIRE(train.status == 0);
  CHECK(contains(train.out, "SASRec, test"));

  const outcome evaluate = run(folder, "--device cpu evaluate log.txt --metrics full.json");
  INFO(evaluate.err);
  REQUIRE(evaluate.status == 0);
  CHECK(read_text(folder.path() / "full.json") == read_text(folder.path() / "train.json"));
  const auto metrics = nlohmann::json::parse(read_text(folder.path() / "full.json"));
  CHECK(metrics["users"] == 60);
  CHECK(metrics["hr@1"] > 0.9);  // on a circle, what comes next is certain

  const outcome align = run(folder, "align log.txt --objective simpo --epochs 2 --metrics aligned.json");
  INFO(align.err);
  REQUIRE(align.status == 0);
  CHECK(contains(align.out, "after, test"));
  REQUIRE(run(folder, "align log.txt --objective simpo --epochs 3 --resume").status == 0);
}

TEST_CASE("sasrec_libtorch: arguments that make no sense end with status 2 and one line") {
  const temporary_folder folder;
  const auto check_refused = [&](const std::string& arguments, const std::string& message) {
    const outcome result = run(folder, arguments);
    CHECK(result.status == 2);
    CHECK(result.err == "sasrec_libtorch: " + message + " (see sasrec_libtorch --help)\n");
  };
  check_refused("train log.txt --device tpu", "--device: device is 'tpu', expected cpu or cuda");
  check_refused("train", "log is required");
  if (!at::hasCUDA())
    check_refused("train log.txt --device cuda",
                  "--device: device is cuda, but LibTorch finds no CUDA device: use cpu");
  CHECK(contains(run(folder, "--version").out, "sasrec_libtorch, of prefopt "));
}
