#include <prefopt/recipes/pairwise.hpp>

#include "checkers.hpp"

namespace golden {

checkers pairwise_checkers() {
  return {
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
  };
}

}  // namespace golden
