#include <prefopt/recipes/listwise.hpp>

#include "checkers.hpp"

namespace golden {

checkers listwise_checkers() {
  return {
      {"plackett_luce",
       objective_checker<[](const json& h) { return prefopt::plackett_luce({h.at("beta")}); }>()},
      {"plackett_luce_topm", objective_checker<[](const json& h) {
         return prefopt::plackett_luce_topm({h.at("beta"), h.at("top_m")});
       }>()},
  };
}

}  // namespace golden
