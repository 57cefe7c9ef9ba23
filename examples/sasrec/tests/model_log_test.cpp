#include "model_log.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "arguments.hpp"

using namespace sasrec;

namespace {

interaction_log example() {
  interaction_log log;
  log.sequences = {{0, 1}, {1}};
  log.items = 2;
  log.user_ids = {"u", "v"};
  log.item_ids = {"x", "y"};
  log.interactions = 3;
  return log;
}

}  // namespace

TEST_CASE("a log takes over the numbers of a model's items") {
  interaction_log log = example();
  use_catalogue(log, {"z", "y", "x"});
  CHECK(log.sequences == std::vector<std::vector<std::int32_t>>{{2, 1}, {1}});
  CHECK(log.items == 3);
  CHECK(log.item_ids == std::vector<std::string>{"z", "y", "x"});
}

TEST_CASE("an item that the model does not know is named") {
  interaction_log log = example();
  CHECK_THROWS_WITH_AS(use_catalogue(log, {"x", "z"}), "the model does not know item y of the log",
                       std::runtime_error);
}

TEST_CASE("settings that change results are kept, others are not") {
  int dim = 8, epochs = 5;
  bool flag = false;
  CLI::App command("", "train");
  add_setting(command, "--dim", dim, "");
  add_setting(command, "--epochs", epochs, "");
  command.add_flag("--log-q", flag, "");
  command.parse("--dim 16 --epochs 9");
  const std::string settings = settings_json(command, example());
  CHECK(settings.find(R"("command":"train")") != std::string::npos);
  CHECK(settings.find(R"("dim":"16")") != std::string::npos);
  CHECK(settings.find(R"("log-q":)") != std::string::npos);
  CHECK(settings.find("epochs") == std::string::npos);
}

TEST_CASE("the settings know the log and the reference model") {
  const CLI::App command("", "train");
  interaction_log other = example();
  other.sequences[0] = {1, 0};
  CHECK(settings_json(command, example()) == settings_json(command, example()));
  CHECK(settings_json(command, example()) != settings_json(command, other));
  const model a({.items = 2, .dim = 2, .seed = 1}), b({.items = 2, .dim = 2, .seed = 2});
  CHECK(settings_json(command, example(), &a) != settings_json(command, example(), &b));
  CHECK(settings_json(command, example(), &a) == settings_json(command, example(), &a));
}

TEST_CASE("a run is resumed with its own settings alone") {
  CHECK_NOTHROW(check_same_settings("m", R"({"dim":"8","old":"1"})", R"({"dim":"8"})"));
  CHECK_THROWS_WITH_AS(check_same_settings("m", R"({"dim":"8"})", R"({"dim":"16"})"),
                       "m cannot be resumed: it was made with dim = 8, now it is 16", std::runtime_error);
  CHECK_THROWS_WITH_AS(check_same_settings("m", "free text", R"({"dim":"16"})"),
                       "m cannot be resumed: it was made with dim = unknown, now it is 16",
                       std::runtime_error);
}
