#include <algorithm>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "command_line.hpp"

using namespace sasrec::testing;
using sasrec::read_text;

namespace {

/// A failure says what is wrong in one line.
void check_failure(const outcome& result, int status, const std::string& message) {
  CHECK(result.status == status);
  CHECK(result.err == "sasrec: " + message + "\n");
}

}  // namespace

TEST_CASE("a model is trained, evaluated, aligned and asked") {
  const temporary_folder folder;
  folder.write("log.txt", circle_log());
  folder.write("titles.tsv", "i0\tZero\ni9\tNine\n");

  const outcome train = run(folder, "train log.txt --epochs 30 --metrics train.json" + tiny);
  INFO(train.err);
  REQUIRE(train.status == 0);
  CHECK(contains(train.out, "log.txt (read as sequences): 60 users, 30 items, 480 interactions"));
  CHECK(contains(train.out, "SASRec, test"));
  CHECK(contains(train.err, "epoch 1/30  loss "));
  CHECK(contains(train.err, "\nepoch 2/30  loss "));

  const outcome full = run(folder, "evaluate log.txt --metrics full.json");
  INFO(full.err);
  REQUIRE(full.status == 0);
  CHECK(read_text(folder.path() / "full.json") == read_text(folder.path() / "train.json"));
  const auto metrics = nlohmann::json::parse(read_text(folder.path() / "full.json"));
  CHECK(metrics["protocol"] == "full");
  CHECK(metrics["users"] == 60);
  CHECK(metrics["hr@1"] > 0.9);  // on a circle, what comes next is certain

  const outcome sampled =
      run(folder, "evaluate log.txt --protocol sampled --negatives 5 --metrics sampled.json");
  REQUIRE(sampled.status == 0);
  CHECK(nlohmann::json::parse(read_text(folder.path() / "sampled.json"))["hr@10"] == 1);

  folder.write("c.jsonl",
               R"({"user":"u0","history":["i0","i1"],"candidates":["i9","i2","i20"],"target":"i2"})");
  const outcome candidates =
      run(folder, "evaluate --protocol candidates --candidates c.jsonl --metrics c.json");
  INFO(candidates.err);
  REQUIRE(candidates.status == 0);
  CHECK(nlohmann::json::parse(read_text(folder.path() / "c.json"))["hr@1"] == 1);

  const outcome recommend = run(folder, "recommend log.txt --user u0 u1 --top 3 --titles titles.tsv");
  INFO(recommend.err);
  REQUIRE(recommend.status == 0);
  CHECK(contains(recommend.out, "user u0: 8 items, the latest i5; i6; i7"));
  CHECK(contains(recommend.out, "  1  i8 "));
  CHECK(contains(recommend.out, "i9 Nine"));
  CHECK(contains(recommend.out, "user u1: "));

  const outcome align =
      run(folder, "align log.txt --objective dpo --epochs 2 --threads 1 --metrics aligned.json");
  INFO(align.err);
  REQUIRE(align.status == 0);
  CHECK(contains(align.out, "before, test"));
  CHECK(contains(align.out, "after, test"));
  const outcome aligned = run(folder, "evaluate log.txt --model aligned.sasrec --metrics again.json");
  REQUIRE(aligned.status == 0);
  CHECK(read_text(folder.path() / "again.json") == read_text(folder.path() / "aligned.json"));
}

TEST_CASE("a resumed run equals an uninterrupted one") {
  const temporary_folder folder;
  folder.write("log.txt", circle_log());
  const std::string settings = tiny + " --loss softmax --negatives 5 --dropout 0.3";
  REQUIRE(run(folder, "train log.txt --model whole --epochs 4" + settings).status == 0);
  REQUIRE(run(folder, "train log.txt --model parts --epochs 2" + settings).status == 0);
  const outcome resumed =
      run(folder, "train log.txt --model parts --epochs 4 --resume --threads 1" + settings);
  INFO(resumed.err);
  CHECK(resumed.status == 0);
  CHECK(contains(resumed.out, "2 epochs in "));
  CHECK(read_text(folder.path() / "parts") == read_text(folder.path() / "whole"));

  REQUIRE(run(folder, "align log.txt --model whole --output a --epochs 3").status == 0);
  REQUIRE(run(folder, "align log.txt --model whole --output b --epochs 1").status == 0);
  REQUIRE(run(folder, "align log.txt --model whole --output b --epochs 3 --resume").status == 0);
  CHECK(read_text(folder.path() / "a") == read_text(folder.path() / "b"));

  const std::string moving =
      "align --set strength.alpha=0.4 log.txt --model whole --objective s_dpo --negatives 4 "
      "--strength batch_beta --selection boundary --set strength.rho=0.1 --reference moving_average --noise "
      "0.05 --output ";
  REQUIRE(run(folder, moving + "c --epochs 3").status == 0);
  REQUIRE(run(folder, moving + "d --epochs 1").status == 0);
  REQUIRE(run(folder, moving + "d --epochs 3 --resume").status == 0);
  CHECK(read_text(folder.path() / "c") == read_text(folder.path() / "d"));
  check_failure(run(folder, moving + "d --epochs 4 --resume --beta 2"), 1,
                "d cannot be resumed: it was made with beta = 1, now it is 2");

  const outcome nothing_left = run(folder, "train log.txt --model parts --epochs 4 --resume" + settings);
  CHECK(nothing_left.status == 0);
  CHECK(contains(nothing_left.out, "0 epochs in "));
  check_failure(run(folder, "train log.txt --model parts --epochs 5 --resume --seed 2" + settings), 1,
                "parts cannot be resumed: it was made with seed = 1, now it is 2");
}

TEST_CASE("an interrupted run leaves its last complete epoch") {
  const temporary_folder folder;
  folder.write("log.txt", circle_log());
  const outcome interrupted = run(folder, "train log.txt --epochs 1000000 --patience 0" + tiny,
                                  "timeout --preserve-status --signal INT 2 ");
  CHECK(interrupted.status == 130);
  CHECK(contains(interrupted.err, "sasrec: interrupted; model.sasrec holds epoch "));
  CHECK(run(folder, "evaluate log.txt").status == 0);
}

TEST_CASE("whole sequences are learnt from when nothing is held out") {
  const temporary_folder folder;
  folder.write("log.txt", circle_log());
  const outcome train = run(folder, "train log.txt --no-holdout --epochs 1" + tiny);
  CHECK(train.status == 0);
  CHECK(!contains(train.out, "leave-one-out"));
  check_failure(run(folder, "train log.txt --no-holdout --epochs 1 --metrics m.json" + tiny), 2,
                "--metrics: with --no-holdout there is no test to measure (see sasrec --help)");
}

TEST_CASE("arguments that make no sense end with status 2 and one line") {
  const temporary_folder folder;
  folder.write("log.txt", circle_log());
  const std::string help = " (see sasrec --help)";
  check_failure(run(folder, ""), 2, "A subcommand is required" + help);
  check_failure(run(folder, "train"), 2, "log is required" + help);
  check_failure(run(folder, "train log.txt --heads 3"), 2, "--heads: must divide --dim" + help);
  check_failure(run(folder, "align log.txt --objective dpo --negatives 2"), 2,
                "--negatives: dpo compares with a single rejected item, expected 1" + help);
  check_failure(
      run(folder, "align log.txt --objective simpo --set tau=1"), 2,
      "--objective: simpo has no setting 'tau', expected one of beta, gamma, label_smoothing" + help);
  check_failure(run(folder, "align log.txt --objective gpm"), 2,
                "--objective: gpm compares vectors of items, but a SASRec has one score for each" + help);
  check_failure(run(folder, "align log.txt --objective dpo --selection boundary"), 2,
                "--objective: dpo keeps its own selection, expected an objective of one term, of several "
                "rejected items, neither ordered nor graded" +
                    help);
  check_failure(run(folder, "align log.txt --sampler topk_uniform --pool 0"), 2,
                "--sampler: topk_uniform::draw: pool is 0, expected at least 1" + help);
  check_failure(
      run(folder, "align log.txt --sampler dns --set sampler.pool=3"), 2,
      "--sampler: sampler dns has no setting 'pool', expected one of best, candidates, guard" + help);
  check_failure(run(folder, "align log.txt --set gamma"), 2,
                "--objective: 'gamma' is no setting, expected name=number" + help);
  check_failure(run(folder, "evaluate"), 2, "--protocol full: needs a log" + help);
  check_failure(run(folder, "evaluate --protocol candidates"), 2,
                "--protocol candidates: needs --candidates FILE" + help);
  check_failure(
      run(folder, "train log.txt --format tsv"), 2,
      "--format: unknown log format 'tsv', expected one of auto, u.data, csv, dat, inter, sequences, "
      "pairs" +
          help);
  for (const auto* arguments :
       {"dance", "train log.txt --epochs 0", "train log.txt --epochs many", "train log.txt --loss none",
        "align log.txt --objective none", "train log.txt --learning-rate -1", "recommend log.txt"}) {
    const outcome result = run(folder, arguments);
    CHECK(result.status == 2);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  }
}

TEST_CASE("failures end with status 1 and one line") {
  const temporary_folder folder;
  folder.write("log.txt", circle_log());
  folder.write("short.txt", "a x y\nb y x\n");
  folder.write("other.txt", "a x y z\n");
  folder.write("bad.txt", "a\tx\t3\t4\nb\tx\t3\n");
  REQUIRE(run(folder, "train log.txt --epochs 1" + tiny).status == 0);
  check_failure(run(folder, "train none.txt"), 1, "none.txt: cannot open: No such file or directory");
  check_failure(run(folder, "train bad.txt --format u.data"), 1,
                "bad.txt:2: expected user<TAB>item<TAB>rating<TAB>time, found 3 fields");
  check_failure(run(folder, "train short.txt"), 1,
                "short.txt: no user has three interactions, so none can be held out (see --no-holdout)");
  check_failure(run(folder, "evaluate other.txt"), 1, "the model does not know item x of the log");
  check_failure(run(folder, "recommend log.txt --user nobody"), 1, "log.txt: there is no user nobody");
  CHECK(run(folder, "evaluate log.txt --model log.txt").status == 1);
  CHECK(run(folder, "train log.txt --model no/such/folder --epochs 1" + tiny).status == 1);
}

TEST_CASE("help is on stdout and shows defaults") {
  const temporary_folder folder;
  const outcome help = run(folder, "align --help");
  CHECK(help.status == 0);
  CHECK(help.err.empty());
  CHECK(contains(help.out, "--objective"));
  CHECK(contains(help.out, "=s_dpo"));
  CHECK(contains(run(folder, "--version").out, "sasrec, of prefopt "));
}

TEST_CASE(
    "every sampler is reached by its name, and a simulated world tells how much of its draws is liked") {
  const temporary_folder folder;
  folder.write("log.txt", circle_log());
  REQUIRE(run(folder, "train log.txt --epochs 1" + tiny).status == 0);
  const outcome compared =
      run(folder, "demo --samplers --users 60 --items 300 --pre-training-epochs 1 --negatives 3");
  INFO(compared.err);
  REQUIRE(compared.status == 0);
  for (const std::string sampler :
       {"uniform", "popularity", "in_batch", "hard_topk", "topk_uniform", "topk_softmax", "skip_topk", "dns",
        "softmax_negative", "self_play", "ahns", "curriculum", "mixture"}) {
    CAPTURE(sampler);
    const outcome align =
        run(folder, "align log.txt --negatives 3 --epochs 1 --refresh 2 --sampler " + sampler);
    INFO(align.err);
    CHECK(align.status == 0);
    CHECK(contains(compared.out, "\n" + sampler + " "));
  }
  CHECK(run(folder, "align log.txt --sampler topk_softmax --pool 10 --sampler-temperature 0.5 --epochs 1")
            .status == 0);
}

TEST_CASE("the demonstration needs no data and prints one table") {
  const temporary_folder folder;
  const std::string small = "demo --users 60 --items 300 --pre-training-epochs 1 --alignment-epochs 1";
  const outcome demo = run(folder, small);
  INFO(demo.err);
  REQUIRE(demo.status == 0);
  for (const auto* name : {"popularity", "pre-trained, 1 epochs of bce", "dpo, 1 popularity negative",
                           "dmpo, 15 popularity negatives", "s_dpo, 15 popularity negatives",
                           "s_dpo, 15 uniform negatives", "knowing the world"})
    CHECK(contains(demo.out, "\n" + std::string(name)));
  for (const auto* column : {"HR@10", "NDCG@10", "MRR", "seconds", "examples/s", "liked negatives"})
    CHECK(contains(demo.out, column));
}
