#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <prefopt/recipes.hpp>

#include "host_teams.hpp"
#include "support/golden.hpp"

/// \file
/// The text of the kernels against the golden vectors.

namespace {

using golden::json;

/// Empty if a case matches, otherwise what differs.
template <class Scalar, int Size, int Slots, class Objective>
std::string check_rows(const Objective& objective, const json& golden_case,
                       const golden::tolerances& limits) {
  golden::tensors<Scalar> data(golden_case.at("inputs"));
  const auto inputs = prefopt::cuda::detail::plan_rows(
      objective, data.batch(), prefopt::tensor_ref<Scalar>(data.see(data.gradient)), {.losses = data.losses});
  const double total = test::run_rows<Size, Slots>(objective, inputs);
  const auto mean = static_cast<Scalar>(total / static_cast<double>(inputs.rows));

  const json& expected = golden_case.at("expected");
  for (const std::string& difference :
       {golden::compare("loss", data.losses, expected.at("loss").get<std::vector<double>>(), limits),
        golden::compare("mean_loss", std::vector{mean}, {expected.at("mean_loss").get<double>()}, limits),
        golden::compare("grad", data.gradient.values,
                        golden::matrix<double>(expected.at("grad").at(data.policy_name)).values, limits)})
    if (!difference.empty()) return difference;
  return {};
}

/// Every case of an objective's file, by one thread a row, in registers and in memory, and by four.
template <class Make>
void check_file(const std::string& name, const Make& make) {
  CAPTURE(name);
  const json file = json::parse(std::ifstream(PREFOPT_GOLDEN_DIR "/" + name + ".json"));
  const golden::tolerances limits(file);
  REQUIRE(!file.at("cases").empty());
  for (const json& golden_case : file.at("cases")) {
    CAPTURE(golden_case.at("name").get<std::string>());
    const auto objective = make(golden_case.at("hyper"));
    CHECK(check_rows<double, 1, 32>(objective, golden_case, limits) == "");
    CHECK(check_rows<float, 1, 32>(objective, golden_case, limits) == "");
    CHECK(check_rows<double, 4, 16>(objective, golden_case, limits) == "");
    if constexpr (!prefopt::cuda::detail::reads_an_order<std::remove_cvref_t<decltype(objective)>>)
      CHECK(check_rows<double, 1, 0>(objective, golden_case, limits) == "");
  }
}

TEST_CASE("rows_of_teams_match_the_golden_vectors") {
  using namespace prefopt;
  check_file("dpo", [](const json& h) { return dpo({h.at("beta")}); });
  check_file("ipo", [](const json& h) { return ipo({h.at("beta")}); });
  check_file("hinge", [](const json& h) { return hinge({h.at("beta")}); });
  check_file("s_dpo", [](const json& h) { return s_dpo({h.at("beta")}); });
  check_file("dpo_k", [](const json& h) { return dpo_k({h.at("beta")}); });
  check_file("dmpo", [](const json& h) { return dmpo({h.at("beta")}); });
  check_file("bpr", [](const json&) { return bpr(); });
  check_file("bce", [](const json&) { return bce(); });
  check_file("plackett_luce", [](const json& h) { return plackett_luce({h.at("beta")}); });
}

}  // namespace
