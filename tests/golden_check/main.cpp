#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "checkers.hpp"

/// \file
/// golden_check DIR: runs every golden file in DIR whose objective it knows, and compares.

namespace {

using golden::json;

golden::checkers every_checker() {
  golden::checkers known;
  for (const auto family :
       {golden::pairwise_checkers, golden::reference_free_checkers, golden::unpaired_checkers,
        golden::general_preference_checkers, golden::several_checkers, golden::recommender_checkers,
        golden::listwise_checkers, golden::graded_checkers, golden::composition_checkers,
        golden::adaptive_checkers, golden::policy_checkers, golden::samplers_checkers})
    known.merge(family());
  return known;
}

struct tally {
  int files = 0, unknown = 0, left_out = 0, passed = 0, failed = 0;
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
  static const golden::checkers every = every_checker();
  const auto known = every.find(objective);
  if (known == every.end()) {
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
    ++(difference.empty() ? total.passed : difference == golden::left_out ? total.left_out : total.failed);
    if (!difference.empty() && difference != golden::left_out)
      std::cout << objective << " / " << name << ": " << difference << '\n';
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
  std::cout << "files " << total.files << ", unknown " << total.unknown << ", left out " << total.left_out
            << ", cases passed " << total.passed << ", failed " << total.failed << '\n';
  return total.failed > 0 || total.passed == 0 || (all && total.unknown > 0) ? 1 : 0;
}
