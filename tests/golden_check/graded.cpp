#include <string>

#include <prefopt/recipes/graded.hpp>

#include "checkers.hpp"

namespace golden {
namespace {

using namespace prefopt::losses;

ranknet_weighting ranknet_weighting_of(const std::string& id) {
  if (id == "diff") return ranknet_weighting::diff;
  return id == "diff_pow" ? ranknet_weighting::diff_pow : ranknet_weighting::none;
}

weighting_scheme weighting_scheme_of(const json& id) {
  if (id.is_null()) return weighting_scheme::none;
  static const std::map<std::string, weighting_scheme> schemes{
      {"ndcgLoss1_scheme", weighting_scheme::ndcgLoss1},
      {"ndcgLoss2_scheme", weighting_scheme::ndcgLoss2},
      {"ndcgLoss2PP_scheme", weighting_scheme::ndcgLoss2PP},
      {"lambdaRank_scheme", weighting_scheme::lambdaRank},
      {"rankNet_scheme", weighting_scheme::rankNet},
      {"rankNetWeightedByGTDiff_scheme", weighting_scheme::rankNetWeightedByGTDiff},
      {"rankNetWeightedByGTDiffPowed_scheme", weighting_scheme::rankNetWeightedByGTDiffPowed}};
  return schemes.at(id);
}

logarithm logarithm_of(const std::string& base) {
  return base == "e" ? logarithm::natural : logarithm::binary;
}

prefopt::lambda_loss_settings lambda_loss_settings_of(const json& h) {
  prefopt::lambda_loss_settings settings{
      .weighting_scheme = weighting_scheme_of(h.at("weighting_scheme")),
      .sigma = h.at("sigma"),
      .mu = h.at("mu"),
      .log_base = logarithm_of(h.at("log_base")),
      .reduction = h.at("reduction") == "mean" ? pair_reduction::mean : pair_reduction::sum};
  if (!h.at("k").is_null()) settings.k = h.at("k");
  return settings;
}

}  // namespace

checkers graded_checkers() {
  return {
      {"listnet", objective_checker<[](const json&) { return prefopt::listnet(); }>()},
      {"binary_listnet", objective_checker<[](const json&) { return prefopt::binary_listnet(); }>()},
      {"ranknet", objective_checker<[](const json& h) {
         return prefopt::ranknet({ranknet_weighting_of(h.at("weighting"))});
       }>()},
      {"lambda_loss",
       objective_checker<[](const json& h) { return prefopt::lambda_loss(lambda_loss_settings_of(h)); }>()},
      {"approx_ndcg",
       objective_checker<[](const json& h) { return prefopt::approx_ndcg({h.at("alpha")}); }>()},
      {"neural_ndcg", objective_checker<[](const json& h) {
         prefopt::neural_ndcg_settings settings{.temperature = h.at("temperature")};
         if (!h.at("k").is_null()) settings.k = h.at("k");
         return prefopt::neural_ndcg(settings);
       }>()},
      {"lipo_lambda", objective_checker<[](const json& h) {
         return prefopt::lipo_lambda({h.at("beta"), logarithm_of(h.at("log_base"))});
       }>()},
      {"rankdpo", objective_checker<[](const json& h) { return prefopt::rankdpo({h.at("beta")}); }>()},
      {"irpo", objective_checker<[](const json& h) {
         return prefopt::irpo(
             {h.at("beta"), h.at("weighting_id"),
              h.at("self_term") == "code" ? irpo_self_term::code : irpo_self_term::excluded});
       }>()},
  };
}

}  // namespace golden
