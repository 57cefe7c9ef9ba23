#include <prefopt/recipes/compositions.hpp>

#include "checkers.hpp"

namespace golden {

checkers composition_checkers() {
  return {
      {"mppo", objective_checker<[](const json& h) { return prefopt::mppo({h.at("beta")}); }>()},
      {"rodpo", objective_checker<[](const json& h) {
         return prefopt::rodpo({h.at("beta"), h.at("nll_weight"), h.at("dpo_weight")});
       }>()},
  };
}

}  // namespace golden
