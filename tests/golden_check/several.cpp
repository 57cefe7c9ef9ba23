#include <prefopt/recipes/several.hpp>

#include "checkers.hpp"

namespace golden {

checkers several_checkers() {
  return {
      {"s_dpo", objective_checker<[](const json& h) { return prefopt::s_dpo({h.at("beta")}); }>()},
      {"dpo_k", objective_checker<[](const json& h) { return prefopt::dpo_k({h.at("beta")}); }>()},
      {"dmpo", objective_checker<[](const json& h) { return prefopt::dmpo({h.at("beta")}); }>()},
  };
}

}  // namespace golden
