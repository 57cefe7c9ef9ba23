#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <prefopt/recipes.hpp>

#include "support/golden.hpp"

/// \file
/// golden_check DIR: runs every golden file in DIR whose objective it knows, and compares.

namespace {

using golden::json;

/// How to check one case of one objective, in double and in float. Empty: it matches.
struct checker {
  std::string (*in_double)(const json& golden_case, const golden::tolerances&);
  std::string (*in_float)(const json& golden_case, const golden::tolerances&);
};

/// `Make` turns a case's hyper-parameters into an objective.
template <auto Make>
constexpr checker objective_checker() {
  return {[](const json& c, const golden::tolerances& t) {
            return golden::check_case<double>(Make(c.at("hyper")), c, t);
          },
          [](const json& c, const golden::tolerances& t) {
            return golden::check_case<float>(Make(c.at("hyper")), c, t);
          }};
}

const std::map<std::string, checker> known_objectives = {
    {"dpo", objective_checker<[](const json& h) { return prefopt::dpo({h.at("beta")}); }>()},
    {"cdpo", objective_checker<[](const json& h) {
       return prefopt::cdpo({h.at("beta"), h.at("label_smoothing")});
     }>()},
    {"robust_dpo", objective_checker<[](const json& h) {
       return prefopt::robust_dpo({h.at("beta"), h.at("label_smoothing")});
     }>()},
    {"ipo", objective_checker<[](const json& h) { return prefopt::ipo({h.at("beta")}); }>()},
    {"hinge", objective_checker<[](const json& h) { return prefopt::hinge({h.at("beta")}); }>()},
    {"rpo", objective_checker<[](const json& h) {
       return prefopt::rpo({h.at("beta"), h.at("dpo_weight"), h.at("nll_weight")});
     }>()},
    {"s_dpo", objective_checker<[](const json& h) { return prefopt::s_dpo({h.at("beta")}); }>()},
    {"dpo_k", objective_checker<[](const json& h) { return prefopt::dpo_k({h.at("beta")}); }>()},
    {"dmpo", objective_checker<[](const json& h) { return prefopt::dmpo({h.at("beta")}); }>()},
    {"bpr", objective_checker<[](const json&) { return prefopt::bpr(); }>()},
    {"softmax", objective_checker<[](const json& h) { return prefopt::softmax({h.at("temperature")}); }>()},
    {"bce", objective_checker<[](const json&) { return prefopt::bce(); }>()},
    {"gbce", objective_checker<[](const json& h) {
       return prefopt::gbce({h.at("num_items"), h.at("t")});
     }>()},
    {"ranknet", objective_checker<[](const json&) { return prefopt::ranknet(); }>()},
    {"plackett_luce",
     objective_checker<[](const json& h) { return prefopt::plackett_luce({h.at("beta")}); }>()},
    {"plackett_luce_topm", objective_checker<[](const json& h) {
       return prefopt::plackett_luce_topm({h.at("beta"), h.at("top_m")});
     }>()},
};

struct tally {
  int files = 0, unknown = 0, passed = 0, failed = 0;
};

/// Cases at the end of double's range, which a float implementation need not reach.
bool beyond_float(const std::string& case_name) {
  return case_name.find("extreme") != std::string::npos || case_name.find("overflow") != std::string::npos;
}

void check_file(const std::filesystem::path& path, bool in_float, tally& total) {
  const json file = json::parse(std::ifstream(path));
  ++total.files;
  if (file.at("schema") != "prefopt-golden/1")
    throw std::runtime_error("schema is " + file.at("schema").dump() + ", expected \"prefopt-golden/1\"");
  const std::string objective = file.at("objective");
  const auto known = known_objectives.find(objective);
  if (known == known_objectives.end()) {
    ++total.unknown;
    std::cout << "unknown objective " << objective << " (" << path.filename().string() << ")\n";
    return;
  }
  const golden::tolerances limits(file);
  for (const json& golden_case : file.at("cases")) {
    const std::string name = golden_case.at("name");
    if (in_float && beyond_float(name)) continue;
    const auto check = in_float ? known->second.in_float : known->second.in_double;
    const std::string difference = check(golden_case, limits);
    difference.empty() ? ++total.passed : ++total.failed;
    if (!difference.empty()) std::cout << objective << " / " << name << ": " << difference << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Checks every golden file of a directory whose objective is known"};
  std::filesystem::path directory;
  bool all = false, in_float = false;
  app.add_option("DIR", directory, "directory of golden JSON files")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_flag("--all", all, "an objective that is not known is an error");
  app.add_flag("--float", in_float, "compute in float, with the tolerance for it");
  CLI11_PARSE(app, argc, argv);

  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());

  tally total;
  for (const auto& path : files) {
    try {
      check_file(path, in_float, total);
    } catch (const std::exception& error) {
      ++total.failed;
      std::cout << path.string() << ": " << error.what() << '\n';
    }
  }
  std::cout << "files " << total.files << ", unknown " << total.unknown << ", cases passed " << total.passed
            << ", failed " << total.failed << '\n';
  return total.failed > 0 || total.passed == 0 || (all && total.unknown > 0) ? 1 : 0;
}
